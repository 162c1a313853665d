import { COUNTS, PEAKS, type CountName, type PeakName, type Tally } from '../core/alerts/tally.js';

/** So many subjects of a name are told apart; all others are one. */
export const MOST_SUBJECTS = 200;
const OTHER = 'other';
const LONGEST_SUBJECT = 200;

/** What alerts are made of, counted by one process until it is told to all. Memory is bounded, however long nobody takes it. */
export class Counted {
  readonly #counts = new Map<CountName | PeakName, Map<string, number>>();
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
    return Object.fromEntries(taken);
  }

  #change(name: CountName | PeakName, subject: string, change: (value: number) => number): void {
    const counts = this.#counts.get(name) ?? new Map<string, number>();
    this.#counts.set(name, counts);
    const known = subject.slice(0, LONGEST_SUBJECT);
    const key = counts.has(known) || counts.size < MOST_SUBJECTS ? known : OTHER;
    counts.set(key, change(counts.get(key) ?? 0));
  }
}
