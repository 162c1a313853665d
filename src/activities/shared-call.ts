import { createHash } from 'node:crypto';

import { ApplicationFailure, type Context } from '@temporalio/activity';

import type { ModelCall, PreparedCache, TurnAnswer } from '../contract/activities.js';
import { answerKeyText } from '../core/executions/answer-key.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { CachedAnswer, CallHolder, CallTaking, WantedAnswer } from '../storage/answer-cache-store.js';
import type { ActivityParts } from './activity-parts.js';
import { cachedModel } from './cached-answer.js';
import type { AttemptDetails } from './attempt-heartbeat.js';
import type { LoadedTurn } from './load-turn.js';
import type { TurnAttempt } from './turn-attempt.js';

/** Where an answer comes from; empty: its provider is asked. */
export interface AnswerSource {
  /** Says the answer that was given before. */
  readonly known?: LanguageModel;
  /** Somebody is asking the same: this is to be waited for. */
  readonly underWay?: WantedAnswer;
}

interface Surroundings {
  readonly turn: LoadedTurn;
  readonly context: Context;
}

/** Longer than Temporal takes to notice that a worker has died: its next attempt goes on with the call. */
const LEASE_MS = 8000;
const RENEW_EVERY_MS = 2000;
/** To look an answer up is to save time. */
const PATIENCE_MS = 1000;

/**
 * A model call that answers all who ask the same: where the answer is known it is not made, and of several at once one makes it.
 * Where storage does not say, it is made as without a cache. Nothing in here makes a call fail.
 */
export class SharedCall {
  readonly #parts: ActivityParts;
  readonly #call: ModelCall;
  readonly #surroundings: Surroundings;
  readonly #cache: PreparedCache | undefined;
  #wanted: WantedAnswer | undefined;
  #state: 'held' | 'alone' | 'unasked' = 'unasked';
  #isMeasured = false;

  constructor(parts: ActivityParts, call: ModelCall, surroundings: Surroundings) {
    this.#parts = parts;
    this.#call = call;
    this.#surroundings = surroundings;
    this.#cache = call.prepared.cache;
  }

  /** Looks for an answer, and takes the call where there is none. `mayWait`: whether it may be left to somebody else. */
  async take({ mayWait }: { readonly mayWait: boolean }): Promise<AnswerSource> {
    if (this.#cache === undefined) return {};
    if (this.#cache.isBypassed === true) return this.#alone();
    const taking = await this.#take();
    this.#measure(taking);
    switch (taking?.type) {
      case undefined:
        return {};
      case 'answered':
        if (await this.#fits(taking.answer)) return this.#source(taking.answer);
        // Asked once: two answers in a row that do not fit are no reason to go on looking.
        if (this.#asked.unfit !== undefined) return this.#alone();
        this.#wanted = { ...this.#asked, unfit: taking.answer.executionId };
        return await this.take({ mayWait });
      case 'held':
        this.#state = 'held';
        return {};
      case 'under-way':
        return mayWait ? { underWay: this.#asked } : this.#alone();
    }
  }

  /** A turn counts once, by what its first attempt found: one that waited finds the answer in its next. */
  #measure(taking: CallTaking | undefined): void {
    const isFirst = this.#surroundings.context.info.attempt === 1 && !this.#isMeasured;
    if (taking === undefined || !isFirst) return;
    this.#isMeasured = true;
    const results = { answered: 'hit', held: 'miss', 'under-way': 'waited' } as const;
    this.#parts.metrics.cacheAsked(this.#call.prepared.agentId, results[taking.type]);
  }

  /** Makes the call, and holds it meanwhile. What it throws lets others make theirs. */
  async call(attempt: Pick<TurnAttempt, 'details'>, make: () => Promise<TurnAnswer>): Promise<TurnAnswer> {
    if (this.#state !== 'held') return await make();
    const timer = setInterval(() => {
      void this.#quietly(() => this.#cacheStore.renew(this.#holder, LEASE_MS));
    }, RENEW_EVERY_MS);
    try {
      return await make();
    } catch (error) {
      await this.#giveBack(error, attempt.details());
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Lets the answer of a finished turn serve others, where it is whole and fits what was asked for. */
  async keep(result: TurnResult, answer: TurnAnswer): Promise<void> {
    const { prepared, executionId } = this.#call;
    const { request, route, warnings: own, finished } = this.#surroundings.turn;
    if (this.#cache === undefined || result.cachedFrom !== undefined) return;
    // An earlier attempt has stored the turn, and its worker died: what it held is this one's now.
    if (this.#state === 'unasked') await this.take({ mayWait: true });
    const isWhole = result.stopReason === 'stop' && result.toolCalls.length === 0 && result.text !== '';
    // An earlier attempt may have gone past other providers than this one: only the name of its model is known.
    const isKnown = finished === undefined || route.isOfOne(result.model);
    const isAsMeant = answer.outputProblem === undefined && isKnown && result.model === request.provider.model;
    if (!isWhole || !isAsMeant) {
      if (this.#state === 'held') await this.#quietly(() => this.#cacheStore.release(this.#holder));
      return;
    }
    // Of its provider only: what happened before the call is this execution's own.
    const warnings = result.warnings.filter((warning) => ![...own, ...route.warnings].includes(warning));
    const { ttlSeconds } = this.#cache;
    const kept = {
      key: this.#asked.key,
      agentId: prepared.agentId,
      executionId,
      text: result.text,
      warnings,
      ttlSeconds,
    };
    const holder = this.#state === 'alone' ? undefined : this.#holder.holder;
    await this.#quietly(() => this.#cacheStore.keep(kept, holder));
  }

  #alone(): AnswerSource {
    this.#state = 'alone';
    return {};
  }

  #source(answer: CachedAnswer): AnswerSource {
    return { known: cachedModel(answer) };
  }

  async #take(): Promise<CallTaking | undefined> {
    const { prepared } = this.#call;
    const call = { ...this.#asked, ...this.#holder, agentId: prepared.agentId, owner: this.#owner, leaseMs: LEASE_MS };
    return await this.#quietly(() => this.#cacheStore.take(call));
  }

  /** It is read anew all the same: a schema may be judged by other rules than when the answer was kept. */
  async #fits({ text }: CachedAnswer): Promise<boolean> {
    const { schema } = this.#surroundings.turn;
    if (schema === undefined) return true;
    const { outputs = [] } = this.#call.overrides;
    return (await this.#parts.schemas.readAnswer(text, { schema, outputs })).type === 'valid';
  }

  /** A turn that goes to another provider asks for something else there. A provider that asks for patience has all wait who would ask it the same. */
  async #giveBack(error: unknown, { movedOn }: AttemptDetails): Promise<void> {
    const goesOn = error instanceof ApplicationFailure && error.nonRetryable !== true && movedOn !== true;
    const waitMs = goesOn ? waitOf(error) : undefined;
    await this.#quietly<unknown>(() =>
      waitMs === undefined
        ? this.#cacheStore.release(this.#holder)
        : this.#cacheStore.renew(this.#holder, waitMs + LEASE_MS),
    );
  }

  get #asked(): WantedAnswer {
    return (this.#wanted ??= this.#wantedAnswer());
  }

  #wantedAnswer(): WantedAnswer {
    const { request, schema } = this.#surroundings.turn;
    const { sharers = '', ttlSeconds = 0 } = this.#cache ?? {};
    const key = sha256(answerKeyText({ request, schema, sharers, digest: sha256 }));
    return { key, maxAgeSeconds: ttlSeconds };
  }

  get #owner(): string {
    const { executionId, turn } = this.#call;
    return `${executionId} ${turn}`;
  }

  get #holder(): CallHolder {
    const { attempt } = this.#surroundings.context.info;
    return { key: this.#asked.key, holder: `${this.#owner} ${attempt}` };
  }

  get #cacheStore() {
    return this.#parts.storage.answerCache;
  }

  /** What storage does not do, or not soon, is done without. */
  async #quietly<Result>(operation: () => Promise<Result>): Promise<Result | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${PATIENCE_MS} ms`));
      }, PATIENCE_MS);
    });
    try {
      return await Promise.race([operation(), patience]);
    } catch (error) {
      const { executionId, turn } = this.#call;
      this.#parts.logger.warn(
        { executionId, turn, err: error },
        'the cache of answers does not help: the call goes on',
      );
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function waitOf({ nextRetryDelay }: ApplicationFailure): number | undefined {
  return typeof nextRetryDelay === 'number' ? nextRetryDelay : undefined;
}
