import type { Caller } from '../../core/access/caller.js';
import { ANYBODY } from '../../core/access/caller.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { bearerToken, shownTicket, type Credentials } from './credentials.js';
import type { StreamTickets } from './stream-tickets.js';

/** One way of knowing whose a bearer token is. */
export interface BearerCheck {
  /** Undefined: nobody's that it knows, or its time is over. */
  find(token: string, now: number): Caller | undefined | Promise<Caller | undefined>;
  /** Whether one whom it found would be found today; undefined: it did not find them. */
  holds(caller: Caller, now: number): boolean | undefined;
}

interface DoorkeeperOptions {
  /** Asked in this order. None: there are no locks. */
  readonly checks: readonly BearerCheck[];
  readonly tickets: StreamTickets;
  /** In milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * The one who lets callers in, at every door: who they are, by what they show. What they may do is judged where they do it
 * (`core/access/right`).
 */
export class Doorkeeper {
  readonly #checks: readonly BearerCheck[];
  readonly tickets: StreamTickets;
  readonly #now: () => number;

  constructor({ checks, tickets, now = Date.now }: DoorkeeperOptions) {
    this.#checks = checks;
    this.tickets = tickets;
    this.#now = now;
  }

  /** Whether anything has to be shown. */
  get isLocked(): boolean {
    return this.#checks.length > 0;
  }

  /** Who shows this. Throws UNAUTHENTICATED where nothing is shown, or nothing that opens. */
  async admit(shown: Credentials): Promise<Caller> {
    if (!this.isLocked) return ANYBODY;
    const caller = await this.#find(shown);
    if (caller !== undefined) return caller;
    throw shown.authorization === undefined && shown.ticket === undefined ? nothingShown() : nothingThatOpens();
  }

  /** Whether one who was let in would still be: their time may be over, or their token taken from them. */
  stillAdmits(caller: Caller): boolean {
    const now = this.#now();
    if (caller.expiresAt !== undefined && caller.expiresAt <= now) return false;
    return this.#checks.every((check) => check.holds(caller, now) !== false);
  }

  async #find(shown: Credentials): Promise<Caller | undefined> {
    const now = this.#now();
    const token = bearerToken(shown);
    for (const check of token === undefined ? [] : this.#checks) {
      const caller = await check.find(token ?? '', now);
      if (caller !== undefined) return caller;
    }
    // A header that opens nothing is not made good by a ticket.
    const ticket = shown.authorization === undefined ? shownTicket(shown) : undefined;
    return ticket === undefined ? undefined : await this.tickets.find(ticket, now);
  }
}

function nothingShown(): CircuitBreakerError {
  const message =
    'This API asks who calls: send the header Authorization: Bearer <token>, or in a socket {"Authorization": "Bearer <token>"} with connection_init.';
  return new CircuitBreakerError('UNAUTHENTICATED', message);
}

function nothingThatOpens(): CircuitBreakerError {
  const message =
    'What was shown opens nothing here: the token or ticket is unknown, has expired, or is not sent as Authorization: Bearer <token>.';
  return new CircuitBreakerError('UNAUTHENTICATED', message);
}
