import { LRUCache } from 'lru-cache';

import { forgottenBefore } from '../core/agents/delivery.js';
import type { Storage } from '../storage/storage.js';
import { settledToken } from '../operations/settle-token.js';
import { someAtOnce } from './batches.js';
import { overdueExecutions, settledExecution } from './cut-off.js';
import { looksLost, lostMessage } from './disagreement.js';
import { expireBudgets } from './expire-budgets.js';
import { expireStreams, type ExpiryParts } from './expire-streams.js';
import { Retention, type RetentionParts } from './retention.js';
import { stopFailingRollouts } from './stop-failing-rollouts.js';
import { RetryLater } from './retry-later.js';
import { Rounds } from './rounds.js';
import { settlePlaceAgentChange } from '../operations/tell-place-agent-changes.js';
import type { ToldOfEnds } from '../operations/execution-ended.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

export interface SweepParts
  extends ToldOfEnds, Omit<ExpiryParts, 'storage'>, Omit<RetentionParts, 'removeStreams' | 'storage'> {
  readonly storage: Pick<
    Storage,
    | 'answerCache'
    | 'batches'
    | 'budgets'
    | 'catchUp'
    | 'conversations'
    | 'executions'
    | 'placeAgents'
    | 'rollouts'
    | 'tokens'
  >;
  readonly temporal: Pick<
    TemporalGateway,
    'cancelExecution' | 'closeOf' | 'hasAnythingOfOurs' | 'listCutOff' | 'tellPlaceAgentsChanged'
  >;
  /** Somebody has said that the tokens of before may be lost: they are ended though Temporal knows none of them. */
  readonly isLossAccepted?: boolean;
  /** Within which failures of agents count that are being brought in. */
  readonly alertWindowSeconds: number;
  /** Removes entries of the audit whose time is over. */
  readonly expireAudit: () => Promise<void>;
  readonly logger: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
  /** Is told of each round that has ended: how long it took, and how much of it failed. */
  readonly onRound?: (round: { readonly ms: number; readonly failures: number }) => void;
}

/** Of executions that are read together, each of up to some megabytes. */
const BATCH = 10;
const ANSWERS_AT_ONCE = 500;
/** So many batches of streams one round closes; the next round goes on. */
const MAX_BATCHES = 100;
/** What was cut off while no process of ours ran is found by the first round. */
const LOOK_BACK_MS = 7 * 86_400_000;
/** Temporal's list of what has ended lags behind, and its clock may be set back. */
const OVERLAP_MS = 15 * 60_000;
/** What was settled and is still listed need not be looked up in every round. */
const REMEMBERED = 10_000;

/**
 * Sets right, again and again, what nobody was there to set right: streams of executions that ended while the stream
 * backend was away, tokens and executions that were terminated from outside, streams whose time is over, tokens that do
 * not know of their place agents, what the audit was not told, what calls reserved whose workers died, what is kept for longer than it is to be,
 * answers that serve nobody any more, requests of batches that nobody waits for, agents that fail more often than was allowed when they were
 * brought in. Safe with many processes. Returns the function that stops it.
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
  readonly #activeTokens: Rounds;
  /** Executions that wait for people may do so for weeks: there may be many. */
  readonly #waiting: Rounds;
  readonly #unclosed: RetryLater;
  readonly #unremoved: RetryLater;
  readonly #unsettled: RetryLater;
  readonly #unexpired: RetryLater;
  readonly #retention: Retention;
  /** By id, when it closed. */
  readonly #settled = new LRUCache<string, string>({ max: REMEMBERED });
  #since: number;
  /** Temporal seems to be another one: nothing is concluded from what it does not know. */
  #isLost = false;
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(parts: SweepParts) {
    this.#parts = parts;
    const { tokens, executions } = parts.storage;
    this.#activeTokens = new Rounds((page) => tokens.list({ status: 'ACTIVE' }, page));
    this.#waiting = new Rounds((page) => executions.list({ status: 'WAITING_FOR_APPROVAL' }, page));
    this.#since = Date.parse(parts.now()) - LOOK_BACK_MS;
    this.#unclosed = this.#retryLater((id) => `the stream of execution ${id}`);
    this.#unremoved = this.#retryLater((id) => `the stream of execution ${id}, whose time is over,`);
    this.#unsettled = this.#retryLater((what) => what);
    this.#unexpired = this.#retryLater((what) => `the removal of ${what}, whose time is over,`);
    this.#retention = new Retention({ ...parts, removeStreams: (ids) => parts.streams.remove(ids) });
  }

  /** One round of everything; one at a time. What fails is logged and left to a later one. */
  round(): Promise<void> {
    return (this.#running ??= this.#measured().finally(() => {
      this.#running = undefined;
    }));
  }

  async #measured(): Promise<void> {
    const start = performance.now();
    this.#failures = 0;
    await this.#all();
    this.#parts.onRound?.({ ms: performance.now() - start, failures: this.#failures });
  }

  async #all(): Promise<void> {
    await this.#attempt('streams of ended executions', () => this.#closeEndedStreams());
    await this.#attempt('what was terminated from outside', () => this.#settleCutOff());
    await this.#attempt('tokens that Temporal does not know', () => this.#settleUnknown());
    await this.#attempt('executions that Temporal does not know', () => this.#settleForgotten());
    await this.#attempt('streams whose time is over', () => expireStreams(this.#parts, this.#unremoved));
    await this.#attempt('what has ended and is kept no longer', () => this.#retention.round(this.#unexpired));
    await this.#attempt('budgets of days that are over', () => expireBudgets(this.#parts));
    await this.#attempt('entries of the audit whose time is over', () => this.#parts.expireAudit());
    await this.#attempt('answers that serve nobody any more', () => this.#removeOldAnswers());
    await this.#attempt('requests of batches that nobody waits for', () => this.#forgetBatches());
    await this.#attempt('what was left half done between two servers', () => this.#parts.storage.catchUp());
    await this.#attempt('changes of place agents', () => this.#settlePlaceAgentChanges());
    await this.#attempt('agents that fail too often', () => stopFailingRollouts(this.#parts));
  }

  async #closeEndedStreams(): Promise<void> {
    const { storage, closeStream } = this.#parts;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const unclosed = await storage.executions.listUnclosed(BATCH, this.#unclosed.waiting);
      for (const execution of unclosed) await this.#unclosed.attempt(execution.id, () => closeStream(execution));
      if (unclosed.length < BATCH) return;
    }
  }

  async #settleCutOff(): Promise<void> {
    let newest = this.#since + OVERLAP_MS;
    let allSettled = true;
    for await (const cutOff of this.#parts.temporal.listCutOff(new Date(this.#since).toISOString())) {
      const { id, kind, closedAt } = cutOff;
      newest = Math.max(newest, Date.parse(closedAt));
      if (this.#settled.get(id) === closedAt) continue;
      const settle = kind === 'token' ? settledToken : settledExecution;
      const isSettled = await this.#unsettled.attempt(`${kind} ${id}`, () => settle(this.#parts, id));
      if (isSettled) this.#settled.set(id, closedAt);
      allSettled = isSettled && allSettled;
    }
    // By the list's own times: our clock may be ahead of Temporal's, and what closes next would be before it.
    if (allSettled) this.#since = newest - OVERLAP_MS;
  }

  /** What was cut off longer ago than Temporal's list is looked through, or is forgotten, is in no list. */
  async #settleUnknown(): Promise<void> {
    const { temporal } = this.#parts;
    const unknown: string[] = [];
    let known = 0;
    const look = async (id: string): Promise<void> => {
      const close = await temporal.closeOf('token', id);
      if (close === undefined) unknown.push(id);
      else known += 1;
      if (close !== undefined && close !== 'RUNNING' && close !== 'COMPLETED') await this.#settleToken(id);
    };
    const attempt = (run: (id: string) => Promise<void>) => (id: string) =>
      this.#unsettled.attempt(`token ${id}`, () => run(id));
    for await (const ids of this.#activeTokens.next()) await someAtOnce(ids, attempt(look));
    await this.#noteWhetherLost(known, unknown.length);
    if (!this.#isLost)
      await someAtOnce(
        unknown,
        attempt((id) => this.#settleToken(id)),
      );
  }

  /** Says so when it begins. A round that had no token to look at has learned nothing. */
  async #noteWhetherLost(known: number, unknown: number): Promise<void> {
    if (known + unknown === 0) return;
    const { temporal, isLossAccepted = false, logger } = this.#parts;
    const wasLost = this.#isLost;
    const isAsked = known === 0 && !isLossAccepted;
    this.#isLost = isAsked && looksLost({ known, unknown, hasOurs: await temporal.hasAnythingOfOurs() });
    if (this.#isLost && !wasLost) logger.warn({ unknown }, lostMessage(unknown));
  }

  /** Of a token that was active: whoever had it move has to hear that it does not any more. */
  async #settleToken(id: string): Promise<void> {
    const token = await settledToken(this.#parts, id);
    if (token?.status !== 'TERMINATED') return;
    const message = `token "${id}" is TERMINATED: its Temporal workflow was ended from outside, or Temporal has lost it`;
    this.#parts.logger.warn({ tokenId: id, place: token.place, version: token.version }, message);
  }

  async #settleForgotten(): Promise<void> {
    if (this.#isLost) return;
    const settle = (id: string) => this.#unsettled.attempt(`execution ${id}`, () => settledExecution(this.#parts, id));
    for await (const id of overdueExecutions(this.#parts)) await settle(id);
    for await (const ids of this.#waiting.next()) await someAtOnce(ids, settle);
  }

  async #removeOldAnswers(): Promise<void> {
    const { answerCache } = this.#parts.storage;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      if ((await answerCache.removeExpired(ANSWERS_AT_ONCE)) < ANSWERS_AT_ONCE) return;
    }
  }

  async #forgetBatches(): Promise<void> {
    const { storage, now } = this.#parts;
    await storage.batches.forgetBefore(forgottenBefore(now()));
  }

  async #settlePlaceAgentChanges(): Promise<void> {
    for (const change of await this.#parts.storage.placeAgents.listChanges()) {
      const what = `the change of place agents of workflow ${change.workflowId}`;
      await this.#unsettled.attempt(what, () => settlePlaceAgentChange(this.#parts, change));
    }
  }

  #retryLater(nameOf: (id: string) => string): RetryLater {
    const { now } = this.#parts;
    return new RetryLater({
      now,
      onFirstFailure: (id, error) => {
        this.#complain(nameOf(id), error);
      },
    });
  }

  async #attempt(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#complain(what, error);
    }
  }

  #complain(what: string, error: unknown): void {
    this.#failures += 1;
    this.#parts.logger.warn(
      { err: error },
      `${what} could not be set right yet; it is tried again, more and more rarely`,
    );
  }
}
