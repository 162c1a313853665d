import type { Logger } from 'pino';

import { CircuitBreakerError } from '../core/errors.js';

interface Closer {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** What a process has opened, to be closed in reverse order whichever step of its start or stop fails. */
export class Resources {
  readonly #logger: Logger;
  readonly #closers: Closer[] = [];
  #isClosed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Remembers how to close what was opened. Where everything has been closed meanwhile, in the middle of a start, the
   * newcomer is closed at once, and UNAVAILABLE thrown, so that the start goes no further.
   */
  add(name: string, close: () => Promise<void> | void): void {
    if (this.#isClosed) {
      void this.#closeOne({ name, close });
      throw isEnding();
    }
    this.#closers.push({ name, close });
  }

  /**
   * The same for what takes its time to open: a close that comes meanwhile waits for it, to close it in its turn. Not for
   * what may never open. Where everything has been closed already it is not begun.
   */
  async open<Opened>(
    name: string,
    begin: () => Promise<Opened>,
    close: (opened: Opened) => Promise<void>,
  ): Promise<Opened> {
    this.#stopAfterClose();
    const opening = begin();
    this.add(name, () => opening.then(close, () => undefined));
    const opened = await opening;
    this.#stopAfterClose();
    return opened;
  }

  /** A part with a name, which is closed in the turn that it has now, whenever what is in it was opened. */
  part(name: string): Resources {
    const part = new Resources(this.#logger);
    this.add(name, () => part.close());
    return part;
  }

  /** Closes everything once, newest first; what fails to close is logged and does not keep the rest open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      await this.#closeOne(closer);
    }
  }

  #stopAfterClose(): void {
    if (this.#isClosed) throw isEnding();
  }

  async #closeOne({ name, close }: Closer): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#logger.error({ err: error }, `${name} did not close in order`);
    }
  }
}

function isEnding(): CircuitBreakerError {
  return new CircuitBreakerError('UNAVAILABLE', 'This process is ending.');
}
