import { StreamFenced, StreamLost, type StreamLog, type StreamWriter } from '../streams/stream-log.js';
import type { Metrics } from '../telemetry/metrics.js';
import { WaitingAppends } from './waiting-appends.js';

/** The log, with the times that its appends and reads take measured. `url`: whose scheme names the backend. */
export function measuredStreamLog(log: StreamLog, url: string, metrics: Metrics): StreamLog {
  const backend = backendOf(url);
  const waiting = new WaitingAppends();
  metrics.observeOldestAppend(backend, () => waiting.oldestMs() / 1000);
  for (const operation of ['append', 'read'] as const) metrics.logFailed(backend, operation, 0);
  async function measured<Result>(operation: 'append' | 'read', run: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await run();
    } catch (error) {
      if (!isAnothers(error)) metrics.logFailed(backend, operation);
      throw error;
    } finally {
      metrics.logOperation(backend, operation, performance.now() - startedAt);
    }
  }
  async function written<Result>(executionId: string, run: () => Promise<Result>): Promise<Result> {
    waiting.began(executionId);
    try {
      const result = await measured('append', run);
      waiting.ended(executionId, true);
      return result;
    } catch (error) {
      waiting.ended(executionId, isAnothers(error));
      throw error;
    }
  }
  const measuredWriter = (executionId: string, writer: StreamWriter): StreamWriter => ({
    attempt: writer.attempt,
    append: (events) => written(executionId, () => writer.append(events)),
  });
  return {
    ...(log.gatherMs === undefined ? {} : { gatherMs: log.gatherMs }),
    open: async (executionId, claim) =>
      measuredWriter(executionId, await written(executionId, () => log.open(executionId, claim))),
    tell: (executionId, turn, events) => written(executionId, () => log.tell(executionId, turn, events)),
    close: (executionId, terminal) => written(executionId, () => log.close(executionId, terminal)),
    read: (ranges) => measured('read', () => log.read(ranges)),
    watch: (executionId, onWake) => log.watch(executionId, onWake),
    remove: (executionIds) => log.remove(executionIds),
    shutdown: () => log.shutdown(),
  };
}

/** Of a stream that is another's, the log has said what it should. */
function isAnothers(error: unknown): boolean {
  return error instanceof StreamFenced || error instanceof StreamLost;
}

function backendOf(url: string): string {
  const scheme = url.slice(0, url.indexOf(':'));
  const names: Readonly<Record<string, string>> = { postgresql: 'postgres', rediss: 'redis', tls: 'nats' };
  return names[scheme] ?? scheme;
}
