import type { AuditEntry } from '../core/audit/audit-entry.js';
import { shortened } from '../core/json/shortened.js';
import type { AuditStore } from '../storage/audit-store.js';
import type { AuditChain } from './audit-chain.js';
import type { AuditLog } from './audit-log.js';
import { JoinedEntries } from './joined-entries.js';

interface TrailParts {
  readonly store: Pick<AuditStore, 'tell'>;
  readonly logger: { error(facts: object, message: string): void };
  /** Hides secrets in a text. */
  readonly mask: (text: string) => string;
  readonly chain: Pick<AuditChain, 'catchUp' | 'wake'>;
  readonly now?: () => number;
}

/** Told, and not stored yet. */
interface Kept {
  readonly entry: AuditEntry;
  /** Whoever waits for it. */
  done: (() => void) | undefined;
}

const BATCH = 500;
const MOST_KEPT = 10_000;
const RETRY_MS = 1000;
/** Longer than a name should be; an index of the storage takes no more than 2,700 bytes. */
const LONGEST_ACTOR = 200;

/** The way of what callers do into storage: what comes at once goes in one statement, and what cannot go waits. */
export class AuditTrail implements AuditLog {
  readonly #parts: TrailParts;
  readonly #joined: JoinedEntries;
  #kept: Kept[] = [];
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isEnded = false;
  /** The same complaint is made once, until it goes well again. */
  #hasComplained = false;
  #lost = 0;

  constructor(parts: TrailParts) {
    this.#parts = parts;
    this.#joined = new JoinedEntries((entry) => void this.tell(entry), parts.now);
  }

  get isFull(): boolean {
    return this.#kept.length >= MOST_KEPT;
  }

  /** How many were told and are not stored yet. */
  get waiting(): number {
    return this.#kept.length;
  }

  async tell(entry: AuditEntry): Promise<void> {
    if (this.isFull) {
      if (this.#lost === 0) {
        const message =
          'an entry of the audit is lost: too many wait for storage; how many, is said when it takes them';
        this.#parts.logger.error({ action: entry.action }, message);
      }
      this.#lost += 1;
      return;
    }
    await new Promise<void>((done) => {
      this.#kept.push({ entry: this.#shown(entry), done });
      this.#write();
    });
  }

  tellJoined(entry: AuditEntry): void {
    this.#joined.add(entry);
  }

  async caughtUp(): Promise<void> {
    await this.#writing;
    await this.#parts.chain.catchUp();
  }

  /** Stores what is kept, as far as storage takes it. */
  async end(): Promise<void> {
    this.#joined.end();
    this.#isEnded = true;
    clearTimeout(this.#retry);
    await this.#writing;
    this.#write();
    await this.#writing;
    if (this.#kept.length === 0) return;
    this.#parts.logger.error(
      { lost: this.#kept.length + this.#lost },
      'entries of the audit are lost: storage did not take them',
    );
  }

  #write(): void {
    if (this.#kept.length > 0) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#retry);
    // What comes in the same moment goes in the same statement.
    await Promise.resolve();
    while (this.#kept.length > 0) {
      const batch = this.#kept.slice(0, BATCH);
      try {
        await this.#parts.store.tell(batch.map(({ entry }) => entry));
      } catch (error) {
        this.#keepForLater(error);
        break;
      }
      this.#hasComplained = false;
      this.#tellLost();
      this.#kept = this.#kept.slice(batch.length);
      // Each batch for itself: whoever tells something now must not keep those waiting who came before.
      release(batch);
      this.#parts.chain.wake();
    }
    // Here, and not a moment later: what is told from now on is for the next one.
    this.#writing = undefined;
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#parts.logger.error({ lost: this.#lost }, 'entries of the audit were lost: storage did not take them in time');
    this.#lost = 0;
  }

  #keepForLater(error: unknown): void {
    release(this.#kept);
    if (!this.#hasComplained) {
      const message = 'the audit cannot be stored: what was done is kept in memory and stored later';
      this.#parts.logger.error({ err: error, waiting: this.#kept.length }, message);
    }
    this.#hasComplained = true;
    if (this.#isEnded) return;
    this.#retry = setTimeout(() => {
      this.#write();
    }, RETRY_MS).unref();
  }

  /** Actors and subjects come from outside: they must not be a secret, and not a book. */
  #shown(entry: AuditEntry): AuditEntry {
    const { actor, subject } = entry;
    return {
      ...entry,
      actor: shortened(this.#parts.mask(actor), LONGEST_ACTOR),
      ...(subject === undefined ? {} : { subject: this.#parts.mask(subject) }),
    };
  }
}

function release(kept: readonly Kept[]): void {
  for (const one of kept) {
    one.done?.();
    one.done = undefined;
  }
}
