import { livingExecutionOf } from '../operations/end-executions.js';
import { removeExecutions, removeExecutionsOf, type RemovalParts } from '../operations/remove-executions.js';
import type { Ended, EndedPage } from '../storage/ended.js';
import type { Storage } from '../storage/storage.js';
import type { RetryLater } from './retry-later.js';

/** How long what has ended is kept, in milliseconds; absent: for ever. */
export interface RetentionTimes {
  readonly tokens?: number;
  /** Executions without a token, from their end. Those of a token go with it. */
  readonly executions?: number;
  /** From their last use, and only while no stored execution has them. */
  readonly conversations?: number;
}

export interface RetentionParts extends RemovalParts {
  readonly storage: Pick<Storage, 'conversations' | 'executions' | 'tokens'>;
  readonly retention: RetentionTimes;
  readonly logger: { info(facts: object, message: string): void };
}

/** Each execution may take megabytes. */
const BATCH = 20;
/** So many batches of each kind one round removes; the next round goes on. */
const MAX_BATCHES = 50;
/** Longer than anybody who was frozen writes late. */
const REMEMBERED_MS = 86_400_000;
const FORGOTTEN_AT_ONCE = 500;

/**
 * Removes tokens, executions and conversations whose time is over, batch by batch. Safe with many processes and when it is cut off: what
 * is removed twice counts once, and what is left comes again.
 */
export class Retention {
  readonly #parts: RetentionParts;
  /** Where the next round goes on: what cannot be removed yet does not stand in the way of the rest. */
  readonly #after = new Map<keyof RetentionTimes, Ended>();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  async round(later: RetryLater): Promise<void> {
    const removed = { tokens: 0, executions: 0, conversations: 0 };
    try {
      await this.#removeTokens(removed, later);
      await this.#removeExecutions(removed, later);
      await this.#removeConversations(removed);
    } finally {
      const { tokens, executions, conversations } = removed;
      const message = 'what has ended was kept for its time, and is removed';
      if (tokens + executions + conversations > 0) this.#parts.logger.info(removed, message);
    }
    await this.#removeWhatCameLate();
  }

  async #removeTokens(removed: Removed, later: RetryLater): Promise<void> {
    const { tokens } = this.#parts.storage;
    for await (const ended of this.#over('tokens', (before, page) => tokens.listEnded(before, page))) {
      for (const { id } of ended) await later.attempt(`token ${id}`, () => this.#removeToken(id, removed));
    }
  }

  async #removeToken(id: string, counted: Removed): Promise<void> {
    const { storage, now } = this.#parts;
    const origin = await storage.tokens.originOf(id);
    // What lives of it ends, or is ended by the sweep; then its turn comes.
    if (origin === undefined || (await livingExecutionOf(storage, id)) !== undefined) return;
    counted.executions += await removeExecutionsOf(this.#parts, id, { conversations: 'leave' });
    if (await storage.tokens.delete(id, { runId: origin.runId, now: now() })) counted.tokens += 1;
  }

  async #removeExecutions(counted: Removed, later: RetryLater): Promise<void> {
    const { executions } = this.#parts.storage;
    for await (const ended of this.#over('executions', (before, page) => executions.listEndedAlone(before, page))) {
      const found = await executions.getMany(ended.map(({ id }) => id));
      for (const execution of found) {
        if (execution === undefined) continue;
        await later.attempt(`execution ${execution.id}`, async () => {
          counted.executions += await removeExecutions(this.#parts, [execution], 'leave');
        });
      }
    }
  }

  async #removeConversations(counted: Removed): Promise<void> {
    const before = this.#endedBefore('conversations');
    if (before === undefined) return;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const { deleted, hasMore } = await this.#parts.storage.conversations.deleteUnused(before, BATCH);
      counted.conversations += deleted;
      if (!hasMore) return;
    }
  }

  /** What somebody has written of what was deleted, after that; then it is forgotten that it was. */
  async #removeWhatCameLate(): Promise<void> {
    const { storage, removeStreams, now } = this.#parts;
    const before = new Date(Date.parse(now()) - REMEMBERED_MS).toISOString();
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const ids = await storage.executions.listDeleted(before, BATCH);
      if (ids.length === 0) break;
      const found = await storage.executions.getMany(ids);
      // One that is there belongs to a token that was begun anew under its id.
      const gone = ids.filter((_, index) => found[index] === undefined);
      await removeStreams(gone);
      await storage.executions.delete(gone, { now: now(), conversations: 'leave' });
      await storage.executions.forgetDeleted(ids);
    }
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      if ((await storage.tokens.forgetDeleted(before, FORGOTTEN_AT_ONCE)) < FORGOTTEN_AT_ONCE) return;
    }
  }

  /** Batches of what is over, from where the round before stopped. */
  async *#over(
    kind: 'executions' | 'tokens',
    list: (endedBefore: string, page: EndedPage) => Promise<readonly Ended[]>,
  ): AsyncGenerator<readonly Ended[]> {
    const before = this.#endedBefore(kind);
    if (before === undefined) return;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const after = this.#after.get(kind);
      const ended = await list(before, { first: BATCH, ...(after === undefined ? {} : { after }) });
      const last = ended.at(-1);
      if (ended.length === BATCH && last !== undefined) this.#after.set(kind, last);
      else this.#after.delete(kind);
      yield ended;
      if (ended.length < BATCH) return;
    }
  }

  #endedBefore(kind: keyof RetentionTimes): string | undefined {
    const ms = this.#parts.retention[kind];
    return ms === undefined ? undefined : new Date(Date.parse(this.#parts.now()) - ms).toISOString();
  }
}

type Removed = Record<keyof RetentionTimes, number>;
