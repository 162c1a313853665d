import { changedFiles, type SeenFolder } from './watched-files.js';

/** What is saved in pieces is saved faster than this. */
const QUIET_MS = 300;
/** A folder that never comes to rest: somebody should know. */
const RESTLESS_MS = 10_000;

/** Knows from one look to the next since when a folder has been as it is. */
export class FolderRest {
  readonly #say: (line: string) => void;
  #seen: SeenFolder | undefined;
  #sinceMs = 0;
  #restlessSinceMs: number | undefined;
  #isToldOfMore = false;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Whether nothing has been saved for a while. Says once when that does not come, and when there is more than is looked at. */
  isAtRest(seen: SeenFolder, nowMs: number): boolean {
    this.#tellOfMore(seen);
    if (this.#seen === undefined || isOther(this.#seen, seen)) {
      this.#tellOfUnrest(seen, nowMs);
      this.#seen = seen;
      this.#sinceMs = nowMs;
      return false;
    }
    if (nowMs - this.#sinceMs < QUIET_MS) return false;
    this.#restlessSinceMs = undefined;
    return true;
  }

  #tellOfUnrest(seen: SeenFolder, nowMs: number): void {
    this.#restlessSinceMs ??= nowMs;
    if (nowMs - this.#restlessSinceMs < RESTLESS_MS) return;
    this.#restlessSinceMs = Infinity;
    const [file = ''] = changedFiles(this.#seen?.files ?? new Map(), seen.files);
    this.#say(`${file} changes again and again: it is applied once the folder comes to rest.`);
  }

  #tellOfMore({ hasMore }: SeenFolder): void {
    if (!hasMore || this.#isToldOfMore) return;
    this.#isToldOfMore = true;
    this.#say(
      'This folder has very many files: changes deep down in it are not seen. Keep agents and workflows apart.',
    );
  }
}

/** Whether something was saved between two looks. */
export function isOther(one: SeenFolder, other: SeenFolder): boolean {
  return one.files.size !== other.files.size || changedFiles(one.files, other.files).length > 0;
}
