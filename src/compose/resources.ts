import type { Logger } from 'pino';

/** What a process has opened, to be closed in reverse order whichever step of its start or stop fails. */
export class Resources {
  readonly #logger: Logger;
  readonly #closers: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Opens something and remembers how to close it. */
  add(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  /** Closes everything once, newest first; what fails to close is logged and does not keep the rest open. */
  async close(): Promise<void> {
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        this.#logger.error({ err: error }, `${closer.name} did not close in order`);
      }
    }
  }
}
