import type { Caller } from '../../core/access/caller.js';
import type { Doorkeeper } from './doorkeeper.js';

const LOOK_EVERY_MS = 2000;

/** Those who were let in and stay, on a socket or at an event stream: whose time is over has to go. */
export class Stays {
  readonly #doorkeeper: Doorkeeper;
  readonly #staying = new Map<object, Stay>();
  readonly #timer: NodeJS.Timeout;

  constructor(doorkeeper: Doorkeeper) {
    this.#doorkeeper = doorkeeper;
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Someone stays, until what this returns is called; `leave` is called where they have to go. */
  enter(caller: Caller, leave: () => void): () => void {
    if (caller.by === 'nobody-asked') return () => undefined;
    const key = {};
    this.#staying.set(key, { caller, leave });
    return () => this.#staying.delete(key);
  }

  /** How many stay. */
  get count(): number {
    return this.#staying.size;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [key, { caller, leave }] of this.#staying) {
      if (this.#doorkeeper.stillAdmits(caller)) continue;
      this.#staying.delete(key);
      leave();
    }
  }
}

interface Stay {
  readonly caller: Caller;
  readonly leave: () => void;
}
