import { createHash, timingSafeEqual } from 'node:crypto';

import type { AccessEntry } from '../../core/access/access-entry.js';
import type { Caller } from '../../core/access/caller.js';
import type { BearerCheck } from './doorkeeper.js';

interface Known {
  readonly entry: AccessEntry;
  readonly digest: Buffer;
}

/** The tokens that open the doors. Which of them fits, and how much of it, cannot be read from the time that a look takes. */
export class AccessTokens implements BearerCheck {
  #known: readonly Known[] = [];
  readonly #entries = new WeakMap<Caller, AccessEntry>();

  constructor(entries: readonly AccessEntry[] = []) {
    this.replace(entries);
  }

  /** From now on these, and no others. */
  replace(entries: readonly AccessEntry[]): void {
    this.#known = entries.map((entry) => ({ entry, digest: Buffer.from(entry.sha256, 'hex') }));
  }

  find(token: string, now: number): Caller | undefined {
    const digest = createHash('sha256').update(token).digest();
    let found: AccessEntry | undefined;
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.entry;
    if (found === undefined || hasExpired(found, now)) return undefined;
    const { name, role, workflows, expiresAt } = found;
    const limits = {
      ...(workflows === undefined ? {} : { workflows }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    const caller: Caller = { by: 'token', name, role, ...limits };
    this.#entries.set(caller, found);
    return caller;
  }

  holds(caller: Caller, now: number): boolean | undefined {
    const entry = this.#entries.get(caller);
    if (entry === undefined) return undefined;
    return !hasExpired(entry, now) && this.#known.some((known) => isSame(known.entry, entry));
  }
}

function hasExpired({ expiresAt }: AccessEntry, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function isSame(one: AccessEntry, other: AccessEntry): boolean {
  return (
    one.sha256 === other.sha256 &&
    one.role === other.role &&
    one.expiresAt === other.expiresAt &&
    JSON.stringify(one.workflows) === JSON.stringify(other.workflows)
  );
}
