import type { Context } from '@temporalio/activity';

import { lostIn, withFinishedTurns, withUnnotedTurns } from '../core/executions/attempts-over.js';
import type { AgentExecution, ModelAttempt } from '../core/executions/execution.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { ModelCall } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { attemptsMade, type AttemptDetails } from './attempt-heartbeat.js';
import type { LoadedTurn } from './load-turn.js';

type AttemptEnd = Pick<
  ModelAttempt,
  | 'outcome'
  | 'errorCode'
  | 'errorMessage'
  | 'providerRequestId'
  | 'usage'
  | 'characters'
  | 'firstChunkMs'
  | 'durationMs'
  | 'key'
  | 'passedKeys'
  | 'cachedFrom'
>;

interface RecordPlace {
  readonly context: Pick<Context, 'info'>;
  readonly previous: AttemptDetails;
  readonly turn: Pick<LoadedTurn, 'route'>;
}

type Asked = Pick<ModelAttempt, 'turn' | 'provider' | 'model'>;

/**
 * The entry that an attempt has in its execution. Kept up beside the model call and never in its way: what cannot be
 * written is logged.
 */
export class AttemptRecord {
  readonly #parts: ActivityParts;
  readonly #call: ModelCall;
  readonly #place: RecordPlace;
  readonly #start: Pick<ModelAttempt, 'startedAt'> & { readonly queuedMs: number };
  /** As it was noted, or was to be; undefined: storage could not say what was noted before. */
  readonly #writing: Promise<ModelAttempt | undefined>;
  #attempts: readonly ModelAttempt[] = [];

  constructor(parts: ActivityParts, call: ModelCall, place: RecordPlace) {
    this.#parts = parts;
    this.#call = call;
    this.#place = place;
    const queuedMs = Math.max(0, Date.now() - place.context.info.currentAttemptScheduledTimestampMs);
    this.#start = { startedAt: parts.now(), queuedMs };
    parts.metrics.attemptTaken(queuedMs);
    this.#writing = this.#begin();
  }

  /** Those of the execution, as they were noted last, or were to be. */
  get attempts(): readonly ModelAttempt[] {
    return this.#attempts;
  }

  async end(end: AttemptEnd): Promise<void> {
    const begun = await this.#writing;
    try {
      const noted = await this.#noted();
      if (noted === undefined) return;
      const place = noted.findIndex(({ turn, attempt }) => turn === begun?.turn && attempt === begun.attempt);
      const entry = noted[place];
      if (entry === undefined) await this.#endUnnoted(noted, end);
      // A later attempt has given this one up: what a frozen worker has to say when it wakes comes too late.
      else if (entry.outcome === 'running') await this.#write(noted.with(place, { ...entry, ...end }), end);
    } catch (error) {
      this.#attempts = this.#attempts.map((one) => (one.outcome === 'running' ? { ...one, ...end } : one));
      this.#complain(error);
    }
  }

  /** Its beginning was not noted: storage was away. */
  async #endUnnoted(noted: AgentExecution['attempts'], end: AttemptEnd): Promise<void> {
    const { turn } = this.#call;
    const known = noted.filter((one) => one.turn === turn).length;
    // A later one has begun, or a later turn.
    if (known >= this.#attempt || noted.some((one) => one.turn > turn)) return;
    const earlier = this.#earlier(noted);
    await this.#write([...earlier, { ...this.#begunAfter(earlier), ...end }], end);
  }

  async #begin(): Promise<ModelAttempt | undefined> {
    let begun: ModelAttempt | undefined;
    try {
      const noted = (await this.#noted()) ?? [];
      const earlier = this.#earlier(noted);
      begun = this.#begunAfter(earlier);
      await this.#write([...earlier, begun]);
      this.#parts.metrics.attemptsLost(this.#call.prepared.agentId, lostIn(earlier) - lostIn(noted));
    } catch (error) {
      this.#complain(error);
    }
    return begun;
  }

  get #attempt(): number {
    return attemptsMade(this.#place.context, this.#place.previous);
  }

  async #noted(): Promise<AgentExecution['attempts'] | undefined> {
    return (await this.#parts.storage.executions.get(this.#call.executionId))?.attempts;
  }

  /** What came before it: the turns before this one are finished, or there would not be this one. */
  #earlier(noted: AgentExecution['attempts']): readonly ModelAttempt[] {
    const finishedTurns = this.#call.turn - 1;
    const { provider, model } = this.#call.prepared;
    const ended = withFinishedTurns(noted, finishedTurns).map((one) => this.#lostIfRunning(one));
    const known = withUnnotedTurns(ended, finishedTurns, { provider, model, startedAt: this.#parts.now() });
    return [...known, ...this.#unnoted(known)];
  }

  #begunAfter(earlier: AgentExecution['attempts']): ModelAttempt {
    const { startedAt, queuedMs } = this.#start;
    return { ...attemptAfter(earlier, this.#asked(), { outcome: 'running', startedAt }), queuedMs };
  }

  #asked(): Asked {
    const { type, model } = this.#place.turn.route.provider;
    return { turn: this.#call.turn, provider: type, model };
  }

  /**
   * Attempts whose workers died before they could note them. Only Temporal's count says that there were such attempts.
   */
  #unnoted(noted: AgentExecution['attempts']): readonly ModelAttempt[] {
    const known = noted.filter(({ turn }) => turn === this.#call.turn).length;
    const missing = Math.max(0, this.#attempt - 1 - known);
    return Array.from({ length: missing }, (_, index) => ({
      ...attemptAfter(noted, this.#asked(), { outcome: 'lost', startedAt: this.#parts.now() }),
      attempt: known + index + 1,
    }));
  }

  /**
   * An attempt that counts as running when the next one begins is lost: its worker died or was frozen. What its last
   * heartbeat said is kept.
   */
  #lostIfRunning(attempt: ModelAttempt): ModelAttempt {
    if (attempt.outcome !== 'running') return attempt;
    const { characters, usage } = this.#place.previous;
    return { ...attempt, outcome: 'lost', characters, ...(usage === undefined ? {} : { usage }) };
  }

  async #write(attempts: readonly ModelAttempt[], end?: AttemptEnd): Promise<void> {
    this.#attempts = attempts;
    await this.#parts.storage.executions.update(this.#call.executionId, { attempts, ...cachedFromIn(end) });
  }

  #complain(error: unknown): void {
    const { executionId, turn } = this.#call;
    this.#parts.logger.warn({ executionId, turn, err: error }, 'the attempt could not be noted on its execution');
  }
}

/** Marks as completed the attempt that finished a turn, but whose worker died before it could say so. Resolves with all of the execution. */
export async function noteFinished(
  parts: ActivityParts,
  { executionId, turn }: ModelCall,
  {
    usage,
    cachedFrom,
    provider,
    model,
  }: Pick<TurnResult, 'cachedFrom' | 'usage'> & Pick<ModelAttempt, 'provider' | 'model'>,
): Promise<AgentExecution['attempts']> {
  try {
    const execution = await parts.storage.executions.get(executionId);
    const noted = execution?.attempts ?? [];
    if (noted.some((attempt) => attempt.turn === turn && attempt.outcome === 'completed')) return noted;
    const running = noted.findIndex((attempt) => attempt.turn === turn && attempt.outcome === 'running');
    const completed =
      noted[running] ?? attemptAfter(noted, { turn, provider, model }, { outcome: 'running', startedAt: parts.now() });
    const others = noted.filter((_, index) => index !== running);
    const end = { outcome: 'completed' as const, usage, ...cachedFromIn({ cachedFrom }) };
    const attempts = [...others, { ...completed, ...end }];
    await parts.storage.executions.update(executionId, { attempts, ...cachedFromIn(end) });
    return attempts;
  } catch (error) {
    parts.logger.warn({ executionId, turn, err: error }, 'the attempt could not be noted on its execution');
    return [];
  }
}

function cachedFromIn({ cachedFrom }: { readonly cachedFrom?: string | undefined } = {}): {
  readonly cachedFrom?: string;
} {
  return cachedFrom === undefined ? {} : { cachedFrom };
}

function attemptAfter(
  earlier: AgentExecution['attempts'],
  { turn, provider, model }: Asked,
  how: Pick<ModelAttempt, 'outcome' | 'startedAt'>,
): ModelAttempt {
  const attempt = earlier.filter((one) => one.turn === turn).length + 1;
  return { turn, attempt, provider, model, ...how };
}
