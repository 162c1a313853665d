import {
  COUNTS,
  firstWordOf,
  modelOfFirstWord,
  PEAKS,
  type CountName,
  type PeakName,
  type Tally,
} from '../core/alerts/tally.js';

/** So many subjects of a name (of first words: models) are told apart; all others are one. */
export const MOST_SUBJECTS = 200;
const OTHER = 'other';
/** A day and the id of an agent or a workflow at its longest. */
const LONGEST_SUBJECT = 300;

/** What alerts are made of, counted by one process until it is told to all. Memory is bounded, however long nobody takes it. */
export class Counted {
  readonly #counts = new Map<CountName | PeakName, Map<string, number>>();
  /** Who is told apart, until the counts are taken. */
  readonly #apart = new Map<CountName | PeakName, Set<string>>();
  readonly #watched: (() => void)[] = [];

  add(name: CountName, subject: string, times = 1): void {
    if (times > 0) this.#change(name, subject, (value) => value + times);
  }

  peak(name: PeakName, subject: string, value: number): void {
    if (value > 0) this.#change(name, subject, (known) => Math.max(known, value));
  }

  /** Is looked at whenever the counts are taken. */
  watch(look: () => void): void {
    this.#watched.push(look);
  }

  /** What was counted since it was taken last; undefined: nothing. */
  take(): Tally | undefined {
    for (const look of this.#watched) look();
    if (this.#counts.size === 0) return undefined;
    const taken = [...COUNTS, ...PEAKS].flatMap((name) => {
      const counts = this.#counts.get(name);
      return counts === undefined ? [] : [[name, Object.fromEntries(counts)] as const];
    });
    this.#counts.clear();
    this.#apart.clear();
    return Object.fromEntries(taken);
  }

  #change(name: CountName | PeakName, subject: string, change: (value: number) => number): void {
    const counts = this.#counts.get(name) ?? new Map<string, number>();
    this.#counts.set(name, counts);
    const key = this.#keyOf(name, subject.slice(0, LONGEST_SUBJECT));
    counts.set(key, change(counts.get(key) ?? 0));
  }

  #keyOf(name: CountName | PeakName, subject: string): string {
    if (name !== 'firstWords') return this.#isApart(name, subject) ? subject : OTHER;
    return this.#isApart(name, modelOfFirstWord(subject)) ? subject : firstWordOf(OTHER, subject);
  }

  #isApart(name: CountName | PeakName, subject: string): boolean {
    // Who failed is compared with who ended: both of an agent are told by its name, or neither.
    const group = name === 'executionsFailed' ? 'executionsEnded' : name;
    const apart = this.#apart.get(group) ?? new Set();
    this.#apart.set(group, apart);
    if (apart.size < MOST_SUBJECTS) apart.add(subject);
    return apart.has(subject);
  }
}
