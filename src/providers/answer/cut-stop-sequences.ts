/**
 * Ends a streamed text before the first stop sequence, however the text is cut into pieces. The first sequence to be
 * complete wins, and of those that are complete at the same character the longest: what a provider itself does as it
 * generates. Text that may be the beginning of one is held back.
 */
export class StopSequenceCutter {
  readonly #sequences: readonly string[];
  readonly #longest: number;
  #held = '';
  #stopped = false;

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences.filter((sequence) => sequence !== '');
    this.#longest = Math.max(0, ...this.#sequences.map((sequence) => sequence.length));
  }

  /** A stop sequence was found; no text follows. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** What may be passed on now, perhaps nothing. */
  push(text: string): string {
    if (this.#stopped) return '';
    const whole = this.#held + text;
    const end = this.#firstStop(whole);
    if (end !== undefined) {
      this.#stopped = true;
      this.#held = '';
      return whole.slice(0, end);
    }
    const safe = whole.length - this.#openLength(whole);
    this.#held = whole.slice(safe);
    return whole.slice(0, safe);
  }

  /** What was held back, once the text has ended. */
  flush(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  /** Where the text ends when a stop sequence is complete. */
  #firstStop(whole: string): number | undefined {
    const found = this.#sequences
      .map((sequence) => ({ start: whole.indexOf(sequence), length: sequence.length }))
      .filter(({ start }) => start >= 0)
      .sort((left, right) => left.start + left.length - (right.start + right.length) || left.start - right.start);
    return found[0]?.start;
  }

  /** Length of the longest end of the text that begins a stop sequence. */
  #openLength(whole: string): number {
    for (let length = Math.min(this.#longest - 1, whole.length); length > 0; length -= 1) {
      const end = whole.slice(whole.length - length);
      if (this.#sequences.some((sequence) => sequence.length > length && sequence.startsWith(end))) return length;
    }
    return 0;
  }
}
