import type { EntryEnd } from '../entries/stream-tail.js';

type End = Pick<EntryEnd, 'opening' | 'position'>;

/** Beyond this many the oldest is forgotten, and asked about again. */
const MAX_CONFIRMED = 10_000;

/**
 * The entries that are known to be where their writers think. A server that lost data gives its sequences out again: the
 * number alone does not tell the message that a writer knows from one that took its place. After every loss of the
 * connection, behind which a restart may have been, each writer's last entry is asked for once.
 */
export class ConfirmedEnds {
  readonly #ends = new Set<string>();

  has(end: End): boolean {
    return this.#ends.has(keyOf(end));
  }

  add(end: End): void {
    this.#ends.add(keyOf(end));
    const [oldest] = this.#ends;
    if (this.#ends.size > MAX_CONFIRMED && oldest !== undefined) this.#ends.delete(oldest);
  }

  delete(end: End): void {
    this.#ends.delete(keyOf(end));
  }

  clear(): void {
    this.#ends.clear();
  }
}

function keyOf({ opening, position }: End): string {
  return `${position} ${opening}`;
}
