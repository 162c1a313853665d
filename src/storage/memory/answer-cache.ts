import {
  LONGEST_LEASE_MS,
  type AnswerCacheStore,
  type CachedAnswer,
  type CallHolder,
  type CallProgress,
  type CallTaking,
  type KeptAnswer,
  type TakenCall,
  type WantedAnswer,
} from '../answer-cache-store.js';

interface Entry extends CachedAnswer {
  readonly agentId: string;
  readonly keptAt: number;
  readonly expiresAt: number;
}

interface Held extends Pick<TakenCall, 'agentId' | 'holder' | 'owner'> {
  readonly until: number;
}

/** In characters of two bytes each. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
/** What an answer takes beside its text, however short that is. */
const ENTRY_CHARACTERS = 512;

/** Forgets the oldest answers where there are more than its memory is to take. */
export class MemoryAnswerCacheStore implements AnswerCacheStore {
  readonly #answers = new Map<string, Entry>();
  readonly #held = new Map<string, Held>();
  readonly #isDeleted: (executionId: string) => boolean;
  readonly #mostCharacters: number;
  #characters = 0;

  constructor(isDeleted: (executionId: string) => boolean, mostCharacters = MOST_CHARACTERS) {
    this.#isDeleted = isDeleted;
    this.#mostCharacters = mostCharacters;
  }

  take({ leaseMs, ...call }: TakenCall): Promise<CallTaking> {
    const answer = this.#fresh(call);
    if (answer !== undefined) {
      const { executionId, text, warnings } = answer;
      return Promise.resolve({ type: 'answered', answer: { executionId, text, warnings } });
    }
    const { key, agentId, owner, holder } = call;
    if (this.#isUnderWay(key) && this.#held.get(key)?.owner !== owner) return Promise.resolve({ type: 'under-way' });
    this.#held.set(key, { agentId, owner, holder, until: Date.now() + leaseMs });
    return Promise.resolve({ type: 'held' });
  }

  renew({ key, holder }: CallHolder, leaseMs: number): Promise<boolean> {
    const held = this.#held.get(key);
    if (held?.holder !== holder) return Promise.resolve(false);
    this.#held.set(key, { ...held, until: Date.now() + leaseMs });
    return Promise.resolve(true);
  }

  release({ key, holder }: CallHolder): Promise<void> {
    if (this.#held.get(key)?.holder === holder) this.#held.delete(key);
    return Promise.resolve();
  }

  releaseOf(executionId: string): Promise<void> {
    for (const key of keysOf(this.#held, ({ owner }) => owner.startsWith(`${executionId} `))) this.#held.delete(key);
    return Promise.resolve();
  }

  keep({ key, agentId, ttlSeconds, executionId, text, warnings }: KeptAnswer, holder?: string): Promise<void> {
    const isHeld = holder === undefined || this.#held.get(key)?.holder === holder;
    if (holder !== undefined && isHeld) this.#held.delete(key);
    if (!isHeld || this.#isDeleted(executionId)) return Promise.resolve();
    this.#remove(key);
    const keptAt = Date.now();
    this.#answers.set(key, { agentId, executionId, text, warnings, keptAt, expiresAt: keptAt + ttlSeconds * 1000 });
    this.#characters += sizeOf({ text, warnings });
    for (const oldest of this.#answers.keys()) {
      if (this.#characters <= this.#mostCharacters) break;
      this.#remove(oldest);
    }
    return Promise.resolve();
  }

  progress(wanted: readonly WantedAnswer[]): Promise<readonly CallProgress[]> {
    return Promise.resolve(wanted.map((one) => this.#progressOf(one)));
  }

  purge(agentId: string): Promise<number> {
    const keys = keysOf(this.#answers, (answer) => answer.agentId === agentId);
    for (const key of keys) this.#remove(key);
    for (const key of keysOf(this.#held, (held) => held.agentId === agentId)) this.#held.delete(key);
    return Promise.resolve(keys.length);
  }

  removeExpired(limit: number): Promise<number> {
    const now = Date.now();
    const keys = keysOf(this.#answers, ({ expiresAt }) => expiresAt <= now).slice(0, limit);
    for (const key of keys) this.#remove(key);
    for (const key of keysOf(this.#held, ({ until }) => until <= now)) this.#held.delete(key);
    return Promise.resolve(keys.length);
  }

  /** Of executions that are deleted. */
  removeOf(executionIds: readonly string[]): void {
    const ids = new Set(executionIds);
    for (const key of keysOf(this.#answers, ({ executionId }) => ids.has(executionId))) this.#remove(key);
  }

  #progressOf(wanted: WantedAnswer): CallProgress {
    if (this.#fresh(wanted) !== undefined) return 'answered';
    return this.#isUnderWay(wanted.key) ? 'under-way' : 'free';
  }

  #fresh({ key, maxAgeSeconds, unfit }: WantedAnswer): Entry | undefined {
    const answer = this.#answers.get(key);
    const now = Date.now();
    if (answer === undefined || answer.executionId === unfit || answer.expiresAt <= now || answer.keptAt > now)
      return undefined;
    return now - answer.keptAt < maxAgeSeconds * 1000 ? answer : undefined;
  }

  #isUnderWay(key: string): boolean {
    const left = (this.#held.get(key)?.until ?? 0) - Date.now();
    return left > 0 && left <= LONGEST_LEASE_MS;
  }

  #remove(key: string): void {
    const answer = this.#answers.get(key);
    if (answer === undefined) return;
    this.#characters -= sizeOf(answer);
    this.#answers.delete(key);
  }
}

function sizeOf({ text, warnings }: Pick<Entry, 'text' | 'warnings'>): number {
  return warnings.reduce((sum, warning) => sum + warning.length, ENTRY_CHARACTERS + text.length);
}

function keysOf<Item>(items: ReadonlyMap<string, Item>, isMeant: (item: Item) => boolean): readonly string[] {
  return [...items].flatMap(([key, item]) => (isMeant(item) ? [key] : []));
}
