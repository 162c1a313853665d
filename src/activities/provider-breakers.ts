import { randomUUID } from 'node:crypto';

import type { LlmProvider } from '../core/agents/agent.js';
import type { AttemptErrorCode } from '../core/codes.js';
import {
  afterFailure,
  closesAfter,
  isUnwell,
  isWell,
  judgeBreaker,
  TRIAL_MS,
  withTrial,
  type BreakerKey,
  type BreakerState,
  type BreakerVerdict,
  type KeptBreaker,
} from '../core/executions/breaker.js';
import type { BreakerStore } from '../storage/breaker-store.js';
import { OneAfterAnother } from './one-after-another.js';

interface BreakerParts {
  readonly store: BreakerStore;
  /** Scheme, host and port to which a provider's calls go; empty where it is called over no network. */
  readonly originOf: (provider: LlmProvider) => string;
  readonly openMs: number;
  readonly logger: { warn(facts: object, message: string): void };
}

/** A call that is told how it ended. */
export interface WatchedCall {
  succeeded(): void;
  /** Resolves when that is known to all, or storage takes longer than a second for it. Never throws. */
  failed(code: AttemptErrorCode): Promise<void>;
  /** Ended from outside, or by us: nobody knows how the provider is. */
  dropped(): void;
}

interface Remembered {
  kept: KeptBreaker | undefined;
  readMs: number;
  succeededMs?: number;
}

/** So long a process goes by what it has read: a call costs no query most of the time. */
const FRESH_MS = 1000;
/** Storage that answers later is taken for away, and the breaker for closed. */
const PATIENCE_MS = 1000;
const MOST_REMEMBERED = 1000;
/** Of changes that others make at the same time. */
const MOST_TRIES = 5;
const LONGEST_ORIGIN = 300;

/**
 * The breakers of this process: what it remembers of them, and their changes, one after another for each. Storage that is away takes
 * nothing from a call: its breaker is as this process saw it last, or closed.
 */
export class ProviderBreakers {
  readonly #parts: BreakerParts;
  /** By the name of its key. The one that was asked for last is the last one. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #changes = new OneAfterAnother();

  constructor(parts: BreakerParts) {
    this.#parts = parts;
  }

  /** How the breaker is, as storage said within the last second. */
  async judge(provider: LlmProvider): Promise<BreakerVerdict> {
    const key = this.#keyOf(provider);
    const isKnown = await this.#inTime(() => this.#refresh(key));
    if (!isKnown) this.#remember(key, undefined);
    return judgeBreaker(this.#known(key));
  }

  /** Whether it is open, as far as this process knows. */
  isOpen(provider: LlmProvider): boolean {
    return judgeBreaker(this.#known(this.#keyOf(provider))).type !== 'closed';
  }

  /** The name of the trial that only this call has; undefined: another one tries. */
  async claim(provider: LlmProvider): Promise<string | undefined> {
    const key = this.#keyOf(provider);
    const trial = randomUUID();
    await this.#inTime(() => this.#change(key, (kept) => withTrial(kept, trial)));
    const state = this.#known(key)?.state;
    return state?.type === 'half-open' && state.trial === trial ? trial : undefined;
  }

  /** Begins to watch a call: until it has ended, a trial is kept up. */
  watch(provider: LlmProvider, trial?: string): WatchedCall {
    const key = this.#keyOf(provider);
    const beganMs = performance.now();
    const renewing = trial === undefined ? undefined : this.#keepUp(key, trial);
    const ended = () => {
      clearInterval(renewing);
      return { lastedMs: performance.now() - beganMs, ...(trial === undefined ? {} : { trial }) };
    };
    const succeeded = () => {
      const call = ended();
      this.#recall(key).succeededMs = performance.now();
      if (closesAfter(this.#known(key), call))
        this.#later(key, (kept) => (closesAfter(kept, call) ? 'closed' : undefined));
    };
    const dropped = () => {
      ended();
      if (trial !== undefined) this.#later(key, (kept) => givenBack(kept, trial));
    };
    return {
      succeeded,
      failed: async (code) => {
        if (isUnwell(code)) await this.#failed(key, code, ended());
        else if (isWell(code)) succeeded();
        else dropped();
      },
      dropped,
    };
  }

  async #failed(
    key: BreakerKey,
    code: AttemptErrorCode,
    ended: { readonly lastedMs: number; readonly trial?: string },
  ): Promise<void> {
    const { openMs } = this.#parts;
    const { succeededMs } = this.#recall(key);
    const since = succeededMs === undefined ? {} : { sinceSuccessMs: performance.now() - succeededMs };
    await this.#inTime(() => this.#change(key, (kept) => afterFailure(kept, code, { ...ended, ...since, openMs })));
  }

  #keepUp(key: BreakerKey, trial: string): NodeJS.Timeout {
    const renew = (kept: KeptBreaker | undefined) =>
      kept?.state.type === 'half-open' && kept.state.trial === trial ? kept.state : undefined;
    return setInterval(() => {
      this.#later(key, renew);
    }, TRIAL_MS / 3).unref();
  }

  /** Nobody waits for it: what it comes to is remembered at once, and stored as soon as that is possible. */
  #later(key: BreakerKey, next: Change): void {
    this.#change(key, next).catch((error: unknown) => {
      this.#parts.logger.warn({ ...key, err: error }, 'the breaker of a model could not be stored');
    });
  }

  async #change(key: BreakerKey, next: Change): Promise<void> {
    await this.#changes.run(nameOf(key), async () => {
      await this.#refresh(key);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const kept = this.#known(key);
        const state = next(kept);
        if (state === undefined) return;
        const put = state === 'closed' ? undefined : state;
        const replaced = await this.#parts.store.replace(key, kept?.version, put);
        if (replaced !== undefined) {
          const { version } = replaced;
          this.#remember(
            key,
            put === undefined || version === undefined ? undefined : { state: put, version, ageMs: 0 },
          );
          return;
        }
        await this.#read(key);
      }
    });
  }

  async #refresh(key: BreakerKey): Promise<void> {
    if (performance.now() - this.#recall(key).readMs > FRESH_MS) await this.#read(key);
  }

  async #read(key: BreakerKey): Promise<void> {
    this.#remember(key, await this.#parts.store.get(key));
  }

  /** Whether it could be done. Its server says that it is away where it is asked for what cannot be done without. */
  async #inTime(work: () => Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, false);
    });
    const done = work().then(
      () => true,
      () => false,
    );
    const isDone = await Promise.race([done, patience]);
    clearTimeout(timer);
    return isDone;
  }

  /** With the age that it has by now. */
  #known(key: BreakerKey): KeptBreaker | undefined {
    const { kept, readMs } = this.#recall(key);
    return kept === undefined ? undefined : { ...kept, ageMs: kept.ageMs + performance.now() - readMs };
  }

  #remember(key: BreakerKey, kept: KeptBreaker | undefined): void {
    Object.assign(this.#recall(key), { kept, readMs: performance.now() });
  }

  #recall(key: BreakerKey): Remembered {
    const name = nameOf(key);
    const found = this.#remembered.get(name) ?? { kept: undefined, readMs: -Infinity };
    this.#remembered.delete(name);
    this.#remembered.set(name, found);
    for (const [oldest] of this.#remembered) {
      if (this.#remembered.size <= MOST_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    return found;
  }

  #keyOf(provider: LlmProvider): BreakerKey {
    const { type, model } = provider;
    return { provider: type, origin: this.#parts.originOf(provider).slice(0, LONGEST_ORIGIN), model };
  }
}

type Change = (kept: KeptBreaker | undefined) => BreakerState | 'closed' | undefined;

/** Another call may try at once. */
function givenBack(kept: KeptBreaker | undefined, trial: string): BreakerState | undefined {
  if (kept?.state.type !== 'half-open' || kept.state.trial !== trial) return undefined;
  return { type: 'open', code: kept.state.code, forMs: 0 };
}

function nameOf({ provider, origin, model }: BreakerKey): string {
  return JSON.stringify([provider, origin, model]);
}
