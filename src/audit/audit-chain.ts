import type { AuditLink } from '../core/audit/audit-link.js';
import type { AuditStore } from '../storage/audit-store.js';
import { nextLink } from './next-link.js';

interface ChainParts {
  readonly store: AuditStore;
  readonly logger: { error(facts: object, message: string): void };
}

/** So many are chained in one step. */
const BATCH = 500;
/** What comes within this time is chained together. */
const GATHER_MS = 200;
/** What others told, and nobody chained. */
const LOOK_EVERY_MS = 2000;

/**
 * Puts what was told into the chain, from any number of processes at once: each looks where it ends, and appends only there. Whoever
 * comes too late looks again.
 */
export class AuditChain {
  readonly #parts: ChainParts;
  readonly #timer: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isEnded = false;
  /** The same complaint is made once, until it goes well again. */
  #hasComplained = false;

  constructor(parts: ChainParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => {
      this.#try();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Something was told: it is chained in a moment. */
  wake(): void {
    if (this.#gathering !== undefined || this.#isEnded) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#try();
    }, GATHER_MS).unref();
  }

  /** Chains all that has been told before this was called. Throws what storage throws. */
  async catchUp(): Promise<void> {
    if (this.#running === undefined) {
      await this.#run();
      return;
    }
    // What runs may have looked before the newest was told; those who come meanwhile share the one after it.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#run();
      });
    await this.#next;
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    await this.#running?.catch(() => undefined);
  }

  #run(): Promise<void> {
    return (this.#running ??= this.#chainAll().finally(() => {
      this.#running = undefined;
    }));
  }

  #try(): void {
    this.catchUp().then(
      () => {
        this.#hasComplained = false;
      },
      (error: unknown) => {
        if (this.#hasComplained) return;
        this.#hasComplained = true;
        this.#parts.logger.error({ err: error }, 'the audit cannot be chained: what was told waits in storage');
      },
    );
  }

  async #chainAll(): Promise<void> {
    const { store } = this.#parts;
    for (;;) {
      const { head, waiting } = await store.end(BATCH);
      if (waiting.length === 0) return;
      if (head === undefined)
        throw new Error('the end of the audit chain is missing: see circuit-breaker audit verify');
      let before = head;
      const links = waiting.map(({ entry }): AuditLink => {
        const link = nextLink(before, entry);
        before = link;
        return link;
      });
      const ids = waiting.map(({ id }) => id);
      if ((await store.append(head, links, ids)) && waiting.length < BATCH) return;
    }
  }
}
