import type { TokenRecord } from '../../core/token-record.js';
import type { Token, TokenEvent, TokenEventType } from '../../core/token.js';
import { terminatedToken } from '../../core/terminated-token.js';
import type { ExecutionStore } from '../execution-store.js';
import type { Page, PageRequest } from '../page.js';
import type { StoredTokenEvent, TokenFilter, TokenStore } from '../token-store.js';
import { memoryPage } from './memory-page.js';

interface StoredToken {
  readonly token: Token;
  readonly chainId: string;
  readonly eventNumber: number;
  readonly events: readonly StoredTokenEvent[];
}

export class MemoryTokenStore implements TokenStore {
  private readonly tokens = new Map<string, StoredToken>();

  constructor(private readonly executions: Pick<ExecutionStore, 'create'>) {}

  async record(record: TokenRecord): Promise<void> {
    const before = this.tokens.get(record.token.id);
    const isChain = before === undefined || before.chainId === record.chainId;
    if (isChain || record.token.createdAt >= before.token.createdAt) this.store(record, before);
    for (const execution of record.executions) await this.executions.create(execution);
  }

  appendEvent(tokenId: string, event: TokenEvent): Promise<void> {
    const stored = this.tokens.get(tokenId);
    if (stored !== undefined) {
      this.tokens.set(tokenId, {
        ...stored,
        events: [...stored.events, numbered(stored.token, stored.events.length + 1, event)],
      });
    }
    return Promise.resolve();
  }

  async terminate(id: string, how: { now: string; reason: string }): Promise<boolean> {
    const stored = this.tokens.get(id);
    if (stored?.token.status !== 'ACTIVE') return false;
    const { token, event } = terminatedToken(stored.token, how);
    this.tokens.set(id, { ...stored, token });
    await this.appendEvent(id, event);
    return true;
  }

  get(id: string): Promise<Token | undefined> {
    return Promise.resolve(this.tokens.get(id)?.token);
  }

  list(filter: TokenFilter, page: PageRequest): Promise<Page<Token>> {
    const wanted = [...this.tokens.values()]
      .map(({ token }) => token)
      .filter(
        (token) =>
          (filter.workflowId === undefined || token.workflowId === filter.workflowId) &&
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
    const events = this.tokens.get(tokenId)?.events ?? [];
    const wanted = events.filter((event) => event.sequence > after && (type === undefined || event.type === type));
    return Promise.resolve(wanted.slice(0, first));
  }

  private store({ token, chainId, events }: TokenRecord, before: StoredToken | undefined): void {
    const known = before?.chainId === chainId ? before.eventNumber : 0;
    const isNewer = before?.chainId !== chainId || token.version > before.token.version;
    const newest = isNewer ? token : before.token;
    const fresh = events.filter(({ number }) => number > known);
    const count = before?.events.length ?? 0;
    const added = fresh.map(({ number: _number, ...event }, index) => numbered(token, count + index + 1, event));
    const eventNumber = Math.max(known, events.at(-1)?.number ?? 0);
    this.tokens.set(token.id, { token: newest, chainId, eventNumber, events: [...(before?.events ?? []), ...added] });
  }
}

function numbered(token: Token, sequence: number, event: TokenEvent): StoredTokenEvent {
  return { ...event, tokenId: token.id, workflowId: token.workflowId, sequence };
}
