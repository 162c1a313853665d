import type { AgentExecution } from '../core/execution.js';
import type { ExecutionStore } from '../storage/execution-store.js';

interface ReconcileParts {
  readonly executions: Pick<ExecutionStore, 'listUnclosed'>;
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  readonly intervalMs: number;
  readonly logger: { warn(facts: object, message: string): void };
}

/** How many streams one round closes; the next round goes on. */
const BATCH = 100;

/**
 * Closes, again and again, the streams of executions that have ended while the stream backend was away. Safe with
 * many processes. Returns the function that stops it.
 */
export function startReconciling(parts: ReconcileParts): () => void {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= closeEndedStreams(parts).finally(() => {
      running = undefined;
    });
  }, parts.intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** One round. A stream that cannot be closed is left to the next one. */
export async function closeEndedStreams({ executions, closeStream, logger }: ReconcileParts): Promise<void> {
  try {
    for (const execution of await executions.listUnclosed(BATCH)) await closeStream(execution);
  } catch (error) {
    logger.warn({ err: error }, 'ended streams could not be closed; the next round tries again');
  }
}
