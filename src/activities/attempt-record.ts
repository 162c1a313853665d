import type { Context } from '@temporalio/activity';

import type { AgentExecution, ModelAttempt } from '../core/executions/execution.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import type { ModelCall } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import type { AttemptDetails } from './attempt-heartbeat.js';

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
>;

/**
 * The entry that an attempt has in its execution. Kept up beside the model call and never in its way: what cannot be
 * written is logged.
 */
export class AttemptRecord {
  readonly #parts: ActivityParts;
  readonly #call: ModelCall;
  readonly #place: { readonly context: Pick<Context, 'info'>; readonly previous: AttemptDetails };
  #writing: Promise<readonly ModelAttempt[]>;

  constructor(
    parts: ActivityParts,
    call: ModelCall,
    place: { readonly context: Pick<Context, 'info'>; readonly previous: AttemptDetails },
  ) {
    this.#parts = parts;
    this.#call = call;
    this.#place = place;
    this.#writing = this.#begin();
  }

  async end(end: AttemptEnd): Promise<void> {
    const mine = (await this.#writing).at(-1);
    if (mine === undefined) return;
    try {
      const execution = await this.#parts.storage.executions.get(this.#call.executionId);
      const noted = execution?.attempts ?? [];
      const place = noted.findIndex(({ turn, attempt }) => turn === mine.turn && attempt === mine.attempt);
      // A later attempt has given this one up: what a frozen worker has to say when it wakes comes too late.
      if (noted[place]?.outcome !== 'running') return;
      await this.#write(noted.with(place, { ...mine, ...end }));
    } catch (error) {
      this.#complain(error);
    }
  }

  async #begin(): Promise<readonly ModelAttempt[]> {
    const { storage } = this.#parts;

    const queuedMs = Math.max(0, Date.now() - this.#place.context.info.currentAttemptScheduledTimestampMs);
    try {
      const execution = await storage.executions.get(this.#call.executionId);
      const noted = (execution?.attempts ?? []).map((one) => this.#lostIfRunning(one));
      const earlier = [...noted, ...this.#unnoted(noted)];
      return await this.#write([...earlier, { ...this.#newAttempt(earlier, 'running'), queuedMs }]);
    } catch (error) {
      this.#complain(error);
      return [];
    }
  }

  /**
   * Attempts whose workers died before they could note them. Only Temporal's count says that there were such attempts.
   */
  #unnoted(noted: AgentExecution['attempts']): readonly ModelAttempt[] {
    const known = noted.filter(({ turn }) => turn === this.#call.turn).length;
    const missing = Math.max(0, this.#place.context.info.attempt - 1 - known);
    return Array.from({ length: missing }, (_, index) => ({
      ...this.#newAttempt(noted, 'lost'),
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

  #newAttempt(earlier: AgentExecution['attempts'], outcome: 'running' | 'lost'): ModelAttempt {
    return attemptAfter(earlier, this.#call, { outcome, startedAt: this.#parts.now() });
  }

  async #write(attempts: readonly ModelAttempt[]): Promise<readonly ModelAttempt[]> {
    await this.#parts.storage.executions.update(this.#call.executionId, { attempts }).catch((error: unknown) => {
      this.#complain(error);
    });
    return attempts;
  }

  #complain(error: unknown): void {
    const { executionId, turn } = this.#call;
    this.#parts.logger.warn({ executionId, turn, err: error }, 'the attempt could not be noted on its execution');
  }
}

/** Marks as completed the attempt that finished a turn, but whose worker died before it could say so. */
export async function noteFinished(parts: ActivityParts, call: ModelCall, usage: TokenUsage): Promise<void> {
  const { executionId, turn } = call;
  try {
    const execution = await parts.storage.executions.get(executionId);
    const noted = execution?.attempts ?? [];
    if (noted.some((attempt) => attempt.turn === turn && attempt.outcome === 'completed')) return;
    const running = noted.findIndex((attempt) => attempt.turn === turn && attempt.outcome === 'running');
    const completed = noted[running] ?? attemptAfter(noted, call, { outcome: 'running', startedAt: parts.now() });
    const others = noted.filter((_, index) => index !== running);
    const attempts = [...others, { ...completed, outcome: 'completed' as const, usage }];
    await parts.storage.executions.update(executionId, { attempts });
  } catch (error) {
    parts.logger.warn({ executionId, turn, err: error }, 'the attempt could not be noted on its execution');
  }
}

function attemptAfter(
  earlier: AgentExecution['attempts'],
  { turn, prepared: { provider, model } }: ModelCall,
  how: Pick<ModelAttempt, 'outcome' | 'startedAt'>,
): ModelAttempt {
  const attempt = earlier.filter((one) => one.turn === turn).length + 1;
  return { turn, attempt, provider, model, ...how };
}
