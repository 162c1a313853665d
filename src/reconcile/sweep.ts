import { CircuitBreakerError } from '../core/errors.js';
import type { AgentExecution } from '../core/executions/execution.js';
import type { Storage } from '../storage/storage.js';
import { settledExecution, settleForgotten, settleToken } from './cut-off.js';
import { expireStreams, type ExpiryParts } from './expire-streams.js';
import { settlePlaceAgentChanges } from '../operations/tell-place-agent-changes.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

export interface SweepParts extends Omit<ExpiryParts, 'storage'> {
  readonly storage: Pick<Storage, 'executions' | 'placeAgents' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'cancelExecution' | 'closeOf' | 'listCutOff' | 'tellPlaceAgentsChanged'>;
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  readonly logger: { warn(facts: object, message: string): void };
}

/** How many streams one round closes; the next round goes on. */
const BATCH = 100;
/** What was cut off while no process of ours ran is found by the first round. */
const LOOK_BACK_MS = 7 * 86_400_000;
/** Temporal's list of what has ended lags behind. */
const OVERLAP_MS = 120_000;

/**
 * Sets right, again and again, what nobody was there to set right: streams of executions that ended while the stream
 * backend was away, tokens and executions that were terminated from outside, streams whose time is over, tokens that do
 * not know of their place agents. Safe with many processes. Returns the function that stops it.
 */
export function startSweeping(parts: SweepParts, intervalMs: number): () => void {
  const reconciler = new Sweeper(parts);
  const timer = setInterval(() => {
    void reconciler.round();
  }, intervalMs);
  timer.unref();
  void reconciler.round();
  return () => {
    clearInterval(timer);
  };
}

export class Sweeper {
  readonly #parts: SweepParts;
  #since: number;
  #running: Promise<void> | undefined;

  constructor(parts: SweepParts) {
    this.#parts = parts;
    this.#since = Date.parse(parts.now()) - LOOK_BACK_MS;
  }

  /** One round of everything; one at a time. What fails is logged and left to the next. */
  round(): Promise<void> {
    return (this.#running ??= this.#all().finally(() => {
      this.#running = undefined;
    }));
  }

  async #all(): Promise<void> {
    await this.#attempt('streams of ended executions', () => this.#closeEndedStreams());
    await this.#attempt('what was terminated from outside', () => this.#settleCutOff());
    await this.#attempt('executions that Temporal does not know', () => settleForgotten(this.#parts));
    await this.#attempt('streams whose time is over', () => expireStreams(this.#parts));
    await this.#attempt('changes of place agents', () => settlePlaceAgentChanges(this.#parts));
  }

  async #closeEndedStreams(): Promise<void> {
    const { storage, closeStream } = this.#parts;
    for (const execution of await storage.executions.listUnclosed(BATCH)) {
      await this.#each(`the stream of execution ${execution.id}`, () => closeStream(execution));
    }
  }

  async #settleCutOff(): Promise<void> {
    const begunAt = Date.parse(this.#parts.now());
    let allSettled = true;
    for await (const { id, kind } of this.#parts.temporal.listCutOff(new Date(this.#since).toISOString())) {
      const settle = kind === 'token' ? settleToken : settledExecution;
      allSettled = (await this.#each(`${kind} ${id}`, () => settle(this.#parts, id))) && allSettled;
    }
    if (allSettled) this.#since = begunAt - OVERLAP_MS;
  }

  /** What is wrong with one must not keep the others waiting; where a backend is away they all do. */
  async #each(what: string, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      if (error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE') throw error;
      this.#complain(what, error);
      return false;
    }
  }

  async #attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#complain(what, error);
    }
  }

  #complain(what: string, error: unknown): void {
    this.#parts.logger.warn({ err: error }, `${what} could not be set right; the next round tries again`);
  }
}
