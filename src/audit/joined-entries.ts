import type { AuditEntry } from '../core/audit/audit-entry.js';

interface Joined {
  readonly entry: AuditEntry;
  /** Besides the one that was told at once. */
  more: number;
}

const MINUTE_MS = 60_000;
/** So many different ones of an actor are told apart within a minute: a flood from everywhere must not fill the disk. */
const MOST_APART = 20;
/** So many actors are told apart within a minute. */
const MOST_ACTORS = 100;

/**
 * Tells the first of its kind at once, and at the end of the minute how many more there were. An actor who brings about very many kinds
 * pushes aside only what they do themselves; all who were not let in are one actor.
 */
export class JoinedEntries {
  readonly #tell: (entry: AuditEntry) => void;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #joined = new Map<string, Joined>();
  /** How many kinds of each actor there are. */
  #apart = new Map<string, number>();

  constructor(tell: (entry: AuditEntry) => void, now: () => number = Date.now) {
    this.#tell = tell;
    this.#now = now;
    this.#timer = setInterval(() => {
      this.#endMinute();
    }, MINUTE_MS);
    this.#timer.unref();
  }

  add(entry: AuditEntry): void {
    if (this.#count(entry)) return;
    const kind = this.#kindOf(entry);
    if (kind !== entry && this.#count(kind)) return;
    this.#joined.set(keyOf(kind), { entry: kind, more: 0 });
    this.#tell(kind);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#endMinute();
  }

  /** Whether there is one of its kind already. */
  #count(entry: AuditEntry): boolean {
    const joined = this.#joined.get(keyOf(entry));
    if (joined !== undefined) joined.more += 1;
    return joined !== undefined;
  }

  /** As what a new one is told: as it is, as far as there is room for it. */
  #kindOf(entry: AuditEntry): AuditEntry {
    const { actor } = entry;
    const apart = this.#apart.get(actor);
    if (apart === undefined && this.#apart.size >= MOST_ACTORS) return { ...withoutPlace(entry), actor: 'several' };
    if (apart !== undefined && apart >= MOST_APART) return withoutPlace(entry);
    this.#apart.set(actor, (apart ?? 0) + 1);
    return entry;
  }

  #endMinute(): void {
    const time = new Date(this.#now()).toISOString();
    for (const { entry, more } of this.#joined.values()) {
      if (more > 0) this.#tell({ ...withoutRequest(entry), time, count: more });
    }
    this.#joined = new Map();
    this.#apart = new Map();
  }
}

function keyOf({ actor, role, action, subject, outcome, code, address }: AuditEntry): string {
  return JSON.stringify([actor, role, action, subject, outcome, code, address]);
}

/** Of which there are few, to whatever it was done and from wherever. */
function withoutPlace({ time, actor, action, outcome, code }: AuditEntry): AuditEntry {
  return { time, actor, action, outcome, ...(code === undefined ? {} : { code }) };
}

function withoutRequest({ requestId: _one, ...entry }: AuditEntry): AuditEntry {
  return entry;
}
