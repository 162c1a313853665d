import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 50;

/** Asks a server again and again whether it lives, from now on. */
export class SignsOfLife {
  readonly #address: string;
  readonly #over = new AbortController();
  readonly #asking: Promise<void>;
  #silences: string[] = [];
  #slowestMs = 0;

  constructor(address: string) {
    this.#address = address;
    this.#asking = this.#ask();
  }

  /** Stops asking. What was no sign of life, and how long the slowest took. */
  async end(): Promise<{ readonly silences: readonly string[]; readonly slowestMs: number }> {
    this.#over.abort();
    await this.#asking;
    return { silences: this.#silences, slowestMs: this.#slowestMs };
  }

  async #ask(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const asked = performance.now();
      try {
        const { status } = await fetch(`${this.#address}/health/live`);
        if (status !== 200) this.#silences.push(`status ${status}`);
      } catch (error) {
        this.#silences.push(String(error));
      }
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - asked);
      await delay(EVERY_MS);
    }
  }
}
