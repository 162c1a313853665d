import { tokenEntry } from '../../core/audit/execution-entries.js';
import type { NumberedEvent, RunRecord } from '../../core/tokens/token-record.js';
import type { Token, TokenEvent, TokenEventType } from '../../core/tokens/token.js';
import { terminatedToken } from '../../core/tokens/terminated-token.js';
import { storable } from '../../core/json/well-formed-text.js';
import type { Ended, EndedPage } from '../ended.js';
import type { Page, PageRequest } from '../page.js';
import type {
  FeedPage,
  FeedPosition,
  PlaceCount,
  StoredTokenEvent,
  TokenFilter,
  TokenOrigin,
  TokenRecorded,
  TokenStore,
} from '../token-store.js';
import { isWithin } from '../workflow-limit.js';
import type { MemoryAuditStore } from './audit.js';
import { endedPage } from './ended-page.js';
import type { MemoryExecutionStore } from './executions.js';
import { memoryPage } from './memory-page.js';

interface StoredToken {
  readonly token: Token;
  readonly runId: string;
  readonly eventNumber: number;
  readonly events: readonly KeptEvent[];
  readonly request: string | undefined;
}

interface KeptEvent {
  readonly event: StoredTokenEvent;
  /** Its run and number; absent when it was not the token that recorded it. */
  readonly origin?: string;
}

export class MemoryTokenStore implements TokenStore {
  readonly #executions: Pick<MemoryExecutionStore, 'put'>;
  readonly #tokens = new Map<string, StoredToken>();
  readonly #deleted = new Map<string, { readonly runId: string; readonly at: string }>();
  readonly #feed: StoredTokenEvent[] = [];
  readonly #watchers = new Set<() => void>();

  readonly #audit: Pick<MemoryAuditStore, 'tellNow'>;

  constructor(executions: Pick<MemoryExecutionStore, 'put'>, audit: Pick<MemoryAuditStore, 'tellNow'>) {
    this.#executions = executions;
    this.#audit = audit;
  }

  record(given: RunRecord, followed?: string): Promise<TokenRecorded | undefined> {
    const record = storable(given);
    const { id } = record.token;
    const before = this.#tokens.get(id);
    const lastRunId = before?.runId ?? this.#deleted.get(id)?.runId;
    const isDeleted = this.#deleted.get(id)?.runId === record.runId;
    const isOther = lastRunId !== undefined && lastRunId !== record.runId && lastRunId !== followed;
    if (isDeleted || isOther) return Promise.resolve(undefined);
    const added = this.#store(record, before);
    const told = before === undefined ? tokenEntry(record) : undefined;
    if (told !== undefined) this.#audit.tellNow([told]);
    const stored = record.executions.map((execution) => this.#executions.put(execution));
    const taken = stored.filter(({ tokenId }) => tokenId !== id).map((execution) => execution.id);
    return Promise.resolve({ taken, added });
  }

  appendEvent(tokenId: string, event: TokenEvent): Promise<void> {
    const stored = this.#tokens.get(tokenId);
    if (stored !== undefined) {
      const added = numbered(stored.token, stored.events.length + 1, storable(event));
      this.#tokens.set(tokenId, { ...stored, events: [...stored.events, { event: added }] });
      this.#announce([added]);
    }
    return Promise.resolve();
  }

  async terminate(id: string, how: { now: string; reason: string; runId: string }): Promise<boolean> {
    const stored = this.#tokens.get(id);
    if (stored?.token.status !== 'ACTIVE' || stored.runId !== how.runId) return false;
    const { token, event } = storable(terminatedToken(stored.token, how));
    this.#tokens.set(id, { ...stored, token });
    await this.appendEvent(id, event);
    return true;
  }

  /** For the store of workflows, which has to know what is in use. */
  hasActive(workflowId: string, workflowVersion: number): boolean {
    return [...this.#tokens.values()].some(
      ({ token }) =>
        token.status === 'ACTIVE' && token.workflowId === workflowId && token.workflowVersion === workflowVersion,
    );
  }

  countActive(): Promise<readonly PlaceCount[]> {
    const counts = new Map<string, PlaceCount>();
    for (const { token } of this.#tokens.values()) {
      const { workflowId, place, status, incident } = token;
      if (status !== 'ACTIVE') continue;
      const key = JSON.stringify([workflowId, place]);
      const { tokens, incidents } = counts.get(key) ?? { tokens: 0, incidents: 0 };
      counts.set(key, {
        workflowId,
        place,
        tokens: tokens + 1,
        incidents: incident === undefined ? incidents : incidents + 1,
      });
    }
    return Promise.resolve(
      [...counts.values()]
        .toSorted((left, right) => right.incidents - left.incidents || right.tokens - left.tokens)
        .slice(0, 1000),
    );
  }

  get(id: string): Promise<Token | undefined> {
    return Promise.resolve(this.#tokens.get(id)?.token);
  }

  getMany(ids: readonly string[]): Promise<readonly (Token | undefined)[]> {
    return Promise.all(ids.map((id) => this.get(id)));
  }

  originOf(id: string): Promise<TokenOrigin | undefined> {
    const stored = this.#tokens.get(id);
    if (stored === undefined) return Promise.resolve(undefined);
    const { runId, request } = stored;
    return Promise.resolve({ runId, ...(request === undefined ? {} : { request }) });
  }

  list(filter: TokenFilter, page: PageRequest): Promise<Page<Token>> {
    const wanted = [...this.#tokens.values()]
      .map(({ token }) => token)
      .filter(
        (token) =>
          isWithin(filter, token.workflowId) &&
          (filter.workflowId === undefined || token.workflowId === filter.workflowId) &&
          (filter.workflowVersion === undefined || token.workflowVersion === filter.workflowVersion) &&
          (filter.place === undefined || token.place === filter.place) &&
          (filter.status === undefined || token.status === filter.status) &&
          (filter.hasIncident === undefined || (token.incident !== undefined) === filter.hasIncident),
      );
    return memoryPage(wanted, page);
  }

  listEvents(
    tokenId: string,
    { after, first, type }: { after: number; first: number; type?: TokenEventType },
  ): Promise<readonly StoredTokenEvent[]> {
    const events = this.#tokens.get(tokenId)?.events ?? [];
    const wanted = events
      .map(({ event }) => event)
      .filter((event) => event.sequence > after && (type === undefined || event.type === type));
    return Promise.resolve(wanted.slice(0, first));
  }

  newestEvent(tokenId: string): Promise<StoredTokenEvent | undefined> {
    return Promise.resolve(this.#tokens.get(tokenId)?.events.at(-1)?.event);
  }

  readFeed(after: FeedPosition | undefined, first: number): Promise<FeedPage> {
    const from = after === undefined ? this.#feed.length : Number(after);
    const events = this.#feed.slice(from, from + (after === undefined ? 0 : first));
    const position = from + events.length;
    return Promise.resolve({ events, position: String(position), isBehind: position < this.#feed.length });
  }

  watchFeed(onWake: () => void): () => void {
    this.#watchers.add(onWake);
    return () => {
      this.#watchers.delete(onWake);
    };
  }

  listEnded(endedBefore: string, page: EndedPage): Promise<readonly Ended[]> {
    const tokens = [...this.#tokens.values()].map(({ token }) => token);
    const ended = tokens.filter(({ status }) => status !== 'ACTIVE');
    const ends = ended.map(({ id, updatedAt: endedAt }) => ({ id, endedAt }));
    return Promise.resolve(endedPage(ends, endedBefore, page));
  }

  delete(id: string, { runId, now: at }: { readonly runId: string; readonly now: string }): Promise<boolean> {
    const stored = this.#tokens.get(id);
    if (stored === undefined || stored.token.status === 'ACTIVE' || stored.runId !== runId)
      return Promise.resolve(false);
    this.#tokens.delete(id);
    this.#deleted.set(id, { runId, at });
    return Promise.resolve(true);
  }

  deletedRunOf(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#deleted.get(id)?.runId);
  }

  forgetDeleted(deletedBefore: string, limit: number): Promise<number> {
    const old = [...this.#deleted].filter(([, { at }]) => at < deletedBefore).slice(0, limit);
    for (const [id] of old) this.#deleted.delete(id);
    return Promise.resolve(old.length);
  }

  /** Gives the numbers of the events that were not there before. */
  #store({ token, runId, events, request }: RunRecord, before: StoredToken | undefined): readonly number[] {
    const known = before?.runId === runId ? before.eventNumber : 0;
    const newest = before?.runId !== runId || isLater(token, before.token) ? token : before.token;
    const originOf = ({ number }: NumberedEvent) => `${runId} ${number}`;
    const redecided = new Map(events.map((event) => [originOf(event), event]));
    const kept = (before?.events ?? []).map((one) => redecidedEvent(one, redecided.get(one.origin ?? '')));
    const fresh = events.filter(({ number }) => number > known);
    const added = fresh.map((event, index) => ({
      event: numbered(token, kept.length + index + 1, withoutNumber(event)),
      origin: originOf(event),
    }));
    const eventNumber = Math.max(known, events.at(-1)?.number ?? 0);
    this.#tokens.set(token.id, { token: newest, runId, eventNumber, events: [...kept, ...added], request });
    this.#announce(added.map(({ event }) => event));
    return fresh.map(({ number }) => number);
  }

  #announce(added: readonly StoredTokenEvent[]): void {
    this.#feed.push(...added);
    for (const wake of this.#watchers) wake();
  }
}

function isLater(token: Token, than: Token): boolean {
  return token.version === than.version ? token.updatedAt > than.updatedAt : token.version > than.version;
}

function redecidedEvent(kept: KeptEvent, again: NumberedEvent | undefined): KeptEvent {
  if (again === undefined || again.timestamp <= kept.event.timestamp) return kept;
  const { tokenId, workflowId, sequence } = kept.event;
  return { ...kept, event: { ...withoutNumber(again), tokenId, workflowId, sequence } };
}

function withoutNumber({ number: _number, ...event }: NumberedEvent): TokenEvent {
  return event;
}

function numbered(token: Token, sequence: number, event: TokenEvent): StoredTokenEvent {
  return { ...event, tokenId: token.id, workflowId: token.workflowId, sequence };
}
