import { randomUUID } from 'node:crypto';

import type { BreakerKey, BreakerState, KeptBreaker } from '../../core/executions/breaker.js';
import type { BreakerStore, ReplacedBreaker, StoredBreaker } from '../breaker-store.js';

const KEPT_MS = 86_400_000;
const MOST_LISTED = 1000;

interface Entry extends Omit<StoredBreaker, 'ageMs'> {
  readonly changedMs: number;
}

export class MemoryBreakerStore implements BreakerStore {
  /** The one that was changed last is the last one. */
  readonly #entries = new Map<string, Entry>();

  get(key: BreakerKey): Promise<KeptBreaker | undefined> {
    const entry = this.#entries.get(nameOf(key));
    return Promise.resolve(entry === undefined ? undefined : aged(entry));
  }

  list(): Promise<readonly StoredBreaker[]> {
    this.#forgetOld();
    return Promise.resolve([...this.#entries.values()].slice(-MOST_LISTED).toReversed().map(aged));
  }

  replace(
    key: BreakerKey,
    version: string | undefined,
    state: BreakerState | undefined,
  ): Promise<ReplacedBreaker | undefined> {
    const name = nameOf(key);
    if (this.#entries.get(name)?.version !== version) return Promise.resolve(undefined);
    this.#entries.delete(name);
    if (state === undefined) return Promise.resolve({});
    this.#forgetOld();
    const next = { key, state, version: randomUUID(), changedMs: performance.now() };
    this.#entries.set(name, next);
    return Promise.resolve({ version: next.version });
  }

  #forgetOld(): void {
    for (const [name, { changedMs }] of this.#entries) {
      if (performance.now() - changedMs <= KEPT_MS) return;
      this.#entries.delete(name);
    }
  }
}

function nameOf({ provider, origin, model }: BreakerKey): string {
  return JSON.stringify([provider, origin, model]);
}

function aged({ changedMs, ...breaker }: Entry): StoredBreaker {
  return { ...breaker, ageMs: performance.now() - changedMs };
}
