import type { AgentExecution, ModelAttempt } from '../core/execution.js';
import type { ModelCall } from './activities.js';
import type { ActivityParts } from './activity-parts.js';

type AttemptEnd = Pick<
  ModelAttempt,
  'outcome' | 'errorCode' | 'errorMessage' | 'providerRequestId' | 'usage' | 'firstChunkMs' | 'durationMs'
>;

/**
 * The entry that an attempt has in its execution. Kept up beside the model call and never in its way: what cannot be
 * written is logged.
 */
export class AttemptRecord {
  private writing: Promise<readonly ModelAttempt[]>;

  constructor(
    private readonly parts: ActivityParts,
    private readonly call: ModelCall,
  ) {
    this.writing = this.begin();
  }

  async end(end: AttemptEnd): Promise<void> {
    const attempts = await this.writing;
    const last = attempts.at(-1);
    if (last === undefined) return;
    await this.write([...attempts.slice(0, -1), { ...last, ...end }]);
  }

  private async begin(): Promise<readonly ModelAttempt[]> {
    const { call, parts } = this;
    try {
      const execution = await parts.storage.executions.get(call.executionId);
      const earlier = (execution?.attempts ?? []).map(lostIfRunning);
      return await this.write([...earlier, this.newAttempt(earlier)]);
    } catch (error) {
      this.complain(error);
      return [];
    }
  }

  private newAttempt(earlier: AgentExecution['attempts']): ModelAttempt {
    const { turn, prepared } = this.call;
    const attempt = earlier.filter((one) => one.turn === turn).length + 1;
    const { provider, model } = prepared;
    return { turn, attempt, provider, model, outcome: 'running', startedAt: this.parts.now() };
  }

  private async write(attempts: readonly ModelAttempt[]): Promise<readonly ModelAttempt[]> {
    await this.parts.storage.executions.update(this.call.executionId, { attempts }).catch((error: unknown) => {
      this.complain(error);
    });
    return attempts;
  }

  private complain(error: unknown): void {
    const { executionId, turn } = this.call;
    this.parts.logger.warn({ executionId, turn, err: error }, 'the attempt could not be noted on its execution');
  }
}

/** Its successor runs, so it no longer does: its worker died or was frozen. */
function lostIfRunning(attempt: ModelAttempt): ModelAttempt {
  return attempt.outcome === 'running' ? { ...attempt, outcome: 'lost' } : attempt;
}
