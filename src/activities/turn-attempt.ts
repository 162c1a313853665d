import type { Context } from '@temporalio/activity';

import type { AttemptErrorCode } from '../core/codes.js';
import type { JsonObject } from '../core/json/json.js';
import { trailingPart } from '../core/json/well-formed-text.js';
import { AnswerLimit } from '../core/executions/answer-limit.js';
import { ModelError } from '../core/executions/model-error.js';
import { usedKeys } from '../core/executions/used-keys.js';
import { wordsOfPassed } from '../core/executions/provider-route.js';
import { callIdsIn, withOwnIds } from '../core/executions/tool-call.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import type { ModelEvent, ModelFinish, ModelRequest, TurnResult } from '../core/executions/turn.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { StreamFenced } from '../streams/stream-log.js';
import type { AnswerStream } from '../streams/writing/answer-stream.js';
import type { MeasuredAttempt } from '../telemetry/metrics.js';
import type { ModelCall } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { attemptsMade, TAIL_CHARACTERS, type AttemptDetails } from './attempt-heartbeat.js';
import { attemptReason } from './attempt-reason.js';
import { AttemptRecord } from './attempt-record.js';
import { isForgotten, isUnforeseen, judgeAttempt, TurnTaken, type AttemptFailure } from './attempt-failure.js';
import type { LoadedTurn } from './load-turn.js';
import type { WatchedCall } from './provider-breakers.js';
import { persistently } from './persistently.js';
import { turnClaim, turnResultOf } from './stored-turn.js';
import { streamEpoch } from './stream-epoch.js';
import type { TurnRoute } from './turn-route.js';
import { traceTurn } from './trace-turn.js';
import { withinBudget, withoutCall } from './within-budget.js';

/** How long a finished turn waits for storage to take it, before Temporal's history alone has it. */
const STORE_TURN_PATIENCE_MS = 5000;

interface AttemptPlace {
  readonly context: Context;
  readonly previous: AttemptDetails;
  readonly turn: LoadedTurn;
  /** Says the answer that was given before: nobody else is asked. */
  readonly known?: LanguageModel;
}

/** One attempt at one turn: reads the model's answer, lets it go to the stream as it comes, and keeps the count. */
export class TurnAttempt {
  readonly #parts: ActivityParts;
  readonly #call: ModelCall;
  readonly #place: AttemptPlace;
  readonly #route: TurnRoute;
  /** Where the next attempt goes. */
  #way: Partial<AttemptDetails>;
  readonly #watched: WatchedCall;
  readonly #stream: AnswerStream;
  readonly #startedAt = performance.now();
  #firstChunkMs: number | undefined;
  #failures: number;
  #waits: number;
  #lastFailure: AttemptErrorCode | undefined;
  #usage: TokenUsage | undefined;
  readonly #answered = new AnswerLimit('The answer');
  readonly #reasoned = new AnswerLimit('The reasoning');

  constructor(parts: ActivityParts, call: ModelCall, place: AttemptPlace) {
    this.#parts = parts;
    this.#call = call;
    this.#place = place;
    const { context, previous } = place;
    this.#route = place.turn.route;
    this.#way = this.#route.details();
    this.#failures = previous.failures;
    this.#waits = previous.waits ?? 0;
    this.#watched = parts.breakers.watch(this.#route.provider, place.turn.trial);
    this.#stream = parts.openAnswer(call.executionId, {
      claim: {
        epoch: streamEpoch(call.turn, context),
        turn: call.turn,
        reason: place.known === undefined ? attemptReason(call, place) : 'cached',
      },
      onFenced: (error) => {
        this.#askWhoseTurn(error);
      },
    });
  }

  details(): AttemptDetails {
    const { text, chunks } = this.#stream;
    const { equalWaits, equalWaitMs } = this.#place.previous;
    return {
      turn: this.#call.turn,
      failures: this.#failures,
      ...this.#way,
      ...(this.#waits === 0 ? {} : { waits: this.#waits }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      chunks,
      characters: text.length,
      tail: trailingPart(text, TAIL_CHARACTERS),
      ...(equalWaits === undefined ? {} : { equalWaits }),
      ...(equalWaitMs === undefined ? {} : { equalWaitMs }),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
    };
  }

  /** Throws the failure that Temporal is to be told. */
  async run(): Promise<TurnResult> {
    const { turn } = this.#place;
    const record = new AttemptRecord(this.#parts, this.#call, this.#place);
    const skipped = wordsOfPassed(this.#route.passed.filter(({ isSkipped }) => isSkipped));
    if (skipped !== '' && this.#route.isFallback) this.#stream.think('retrying', `not asked: ${skipped}`);
    try {
      const finish = await this.#converse(turn);
      if (this.#place.known === undefined) this.#watched.succeeded();
      else this.#watched.dropped();
      await this.#stream.end();
      const { usage, providerRequestId, cachedFrom } = finish;
      const toolCalls = withOwnIds(finish.toolCalls, callIdsIn(turn.request.messages));
      const result = await this.#keep({
        ...finish,
        toolCalls,
        warnings: [...turn.route.warnings, ...turn.warnings, ...finish.warnings],
      });
      await record.end({
        outcome: 'completed',
        usage,
        ...this.#measured(),
        ...usedKeys(finish),
        ...(providerRequestId === undefined ? {} : { providerRequestId }),
        ...(cachedFrom === undefined ? {} : { cachedFrom }),
      });
      this.#measure(cachedFrom === undefined ? 'completed' : 'cached', { usage });
      this.#trace(record, result);
      return result;
    } catch (error) {
      throw await this.#fail(error, record);
    }
  }

  async #converse(turn: LoadedTurn): Promise<ModelFinish> {
    const request = { ...turn.request, attempt: attemptsMade(this.#place.context, this.#place.previous) };
    for await (const event of this.#events(request)) {
      const finish = this.#take(event);
      if (finish !== undefined) return finish;
    }
    throw new ModelError('incomplete_stream', 'The model stopped without saying that it had finished.');
  }

  /** What is known already costs nothing. */
  #events(request: ModelRequest): AsyncIterable<ModelEvent> {
    const { known, previous } = this.#place;
    const tell = (words: string) => {
      this.#stream.think('budget', words);
    };
    const askedBefore = this.#route.providerAt(previous.at ?? 0);
    const place = { ...this.#place, request, tell, askedBefore };
    return known === undefined
      ? withinBudget(this.#parts, this.#call, place)
      : withoutCall(this.#parts, this.#call, { ...place, known });
  }

  #take(event: ModelEvent): ModelFinish | undefined {
    switch (event.type) {
      case 'text':
        this.#firstChunkMs ??= performance.now() - this.#startedAt;
        this.#stream.write(event.text);
        this.#answered.add(event.text);
        return undefined;
      case 'reasoning':
        this.#reasoned.add(event.text);
        this.#stream.think('reasoning', event.text);
        return undefined;
      case 'usage':
        this.#usage = event.usage;
        return undefined;
      case 'finish':
        return this.#counted(event.finish);
    }
  }

  #counted(finish: ModelFinish): ModelFinish {
    if (finish.toolCalls.length > 0) this.#answered.add(JSON.stringify(finish.toolCalls));
    if (finish.providerState !== undefined) {
      new AnswerLimit('What the provider wants back').add(JSON.stringify(finish.providerState));
    }
    return finish;
  }

  /** Keeps the finished turn where the next attempt would find it, should this one's report get lost. */
  async #keep(finish: ModelFinish): Promise<TurnResult> {
    const { executionId, turn } = this.#call;
    const { model } = this.#place.turn.request.provider;
    const { toolCalls, usage, stopReason, warnings, cachedFrom, providerState } = finish;
    const { text, attempt } = this.#stream;
    const result: TurnResult = {
      ...{ turn, attempt, text, toolCalls, usage, stopReason, model, warnings },
      ...(cachedFrom === undefined ? {} : { cachedFrom }),
      ...(providerState === undefined ? {} : { providerState: this.#route.marked(providerState) }),
    };
    const { cancellationSignal } = this.#place.context;
    // What calls tools is read where it is stored.
    const patience =
      toolCalls.length > 0
        ? cancellationSignal
        : AbortSignal.any([cancellationSignal, AbortSignal.timeout(STORE_TURN_PATIENCE_MS)]);
    const { executions } = this.#parts.storage;
    let away: unknown;
    const claim = turnClaim(this.#place.context);
    const store = () =>
      executions.storeTurn(executionId, turn, { result: asJson(result), claim }).catch((error: unknown) => {
        away = error;
        throw error;
      });
    try {
      const stored = await persistently(patience, store);
      if (stored === undefined) throw new TurnTaken(executionId, turn);
      return turnResultOf(stored);
    } catch (error) {
      if (cancellationSignal.aborted || toolCalls.length > 0 || error instanceof TurnTaken) throw error;
      this.#parts.logger.warn(
        { executionId, turn, err: away ?? error },
        'the finished turn could not be stored beside the history',
      );
      return result;
    }
  }

  async #fail(error: unknown, record: AttemptRecord): Promise<unknown> {
    // What the caller's own signal says comes before whatever the abort made of the call.
    const cause: unknown = this.#place.context.cancellationSignal.aborted
      ? this.#place.context.cancellationSignal.reason
      : error;
    if (cause instanceof ModelError && isOfProvider(cause)) await this.#watched.failed(cause.code);
    else this.#watched.dropped();
    if (isForgotten(cause)) {
      this.#stream.abandon();
      return cause;
    }
    const judged = judgeAttempt(cause, this.#call.prepared.retry, {
      failures: this.#failures - this.#route.failuresBefore,
      waits: this.#waits,
      next: (code) => this.#route.next(code),
      isOpen: this.#parts.breakers.isOpen(this.#route.provider),
      passed: this.#route.passed,
    });
    if (isUnforeseen(cause)) {
      const { executionId, turn } = this.#call;
      this.#parts.logger.error({ executionId, turn, err: cause }, 'a model call failed in a way that nobody foresaw');
    }
    if (judged.counts) this.#failures += 1;
    if (judged.isHeldBack) this.#waits += 1;
    this.#lastFailure = judged.code;
    const { code, nextAt } = judged;
    if (nextAt !== undefined) this.#way = this.#route.moved(nextAt, { code, failures: this.#failures });
    this.#place.context.heartbeat(this.details());
    this.#announce(judged);
    await this.#stream.end();
    const outcome = judged.counts ? 'failed' : 'cancelled';
    await record.end({
      outcome,
      errorCode: judged.code,
      errorMessage: judged.message,
      ...judged.keys,
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...(judged.providerRequestId === undefined ? {} : { providerRequestId: judged.providerRequestId }),
      ...this.#measured(),
    });
    // Held back, nobody was called.
    if (judged.isHeldBack !== true) this.#measure(outcome, { code: judged.code, usage: this.#usage });
    this.#trace(record);
    return judged.failure;
  }

  #trace({ attempts }: AttemptRecord, result?: TurnResult): void {
    const { messages } = this.#place.turn.request;
    const { provider } = this.#route;
    traceTurn(this.#parts, this.#call, { provider, attempts, messages, ...(result === undefined ? {} : { result }) });
  }

  #measure(outcome: MeasuredAttempt['outcome'], ended: Pick<MeasuredAttempt, 'code' | 'usage'>): void {
    const { type: provider, model } = this.#route.provider;
    const { agentId } = this.#call.prepared;
    this.#parts.metrics.attemptEnded({ agentId, provider, model, outcome, ...ended, ...this.#measured() });
  }

  /** Whoever watches is told why nothing comes for a while. */
  #announce({ code, waitMs, nextAt }: AttemptFailure): void {
    if (nextAt !== undefined) {
      const { type, model } = this.#route.providerAt(nextAt);
      this.#stream.think('retrying', `${code}: the fallback ${type} ${model} is asked`);
    }
    if (waitMs === undefined) return;
    const wait = `${code}: the next attempt in ${Math.ceil(waitMs / 1000)} s`;
    this.#stream.think(code === 'rate_limit' ? 'rate_limited' : 'retrying', wait);
  }

  /**
   * Another attempt has the stream. It may be a later one, then Temporal answers the heartbeat with the end of this one,
   * within a second. Or a clock was set back, and it is an earlier one: what is being paid for goes on without viewers,
   * and they get the answer when it is stored.
   */
  #askWhoseTurn(error: StreamFenced): void {
    const { executionId, turn } = this.#call;
    const { message } = error;
    this.#parts.logger.info(
      { executionId, turn, reason: message },
      'an attempt has no stream any more: Temporal says whether it goes on',
    );
    this.#place.context.heartbeat(this.details());
  }

  #measured() {
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const first = this.#firstChunkMs === undefined ? {} : { firstChunkMs: Math.round(this.#firstChunkMs) };
    return { durationMs, characters: this.#stream.text.length, ...first };
  }
}

/** Held back, or for want of a key or a picture, no call was made. */
function isOfProvider({ facts }: ModelError): boolean {
  return facts.heldBack !== true && facts.isUnasked !== true;
}

function asJson(result: TurnResult): JsonObject {
  // A turn result has JSON members only; an interface just does not say so to the compiler.
  return { ...result } as unknown as JsonObject;
}
