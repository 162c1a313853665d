import type { Caller } from '../../core/access/caller.js';
import { ANYBODY } from '../../core/access/caller.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { RateLimit } from '../../limits/rate-limit.js';
import { bearerToken, shownTicket, type Credentials } from './credentials.js';
import { FailedAttempts } from './failed-attempts.js';
import { networkOf } from './network-of.js';
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
  /** How often each caller may ask; absent: as often as they like. */
  readonly limit?: RateLimit;
  readonly failed?: FailedAttempts;
  /** In milliseconds since 1970. */
  readonly now?: () => number;
}

/** A connection that is gone has no address: nobody hears the answer. */
const NOWHERE = 'nowhere';

/**
 * The one who lets callers in, at every door: who they are, by what they show. What they may do is judged where they do it
 * (`core/access/right`).
 */
export class Doorkeeper {
  readonly #checks: readonly BearerCheck[];
  readonly tickets: StreamTickets;
  readonly #limit: RateLimit | undefined;
  readonly #failed: FailedAttempts;
  readonly #now: () => number;

  constructor({ checks, tickets, limit, failed = new FailedAttempts(), now = Date.now }: DoorkeeperOptions) {
    this.#checks = checks;
    this.tickets = tickets;
    this.#limit = limit;
    this.#failed = failed;
    this.#now = now;
  }

  /** Whether anything has to be shown. */
  get isLocked(): boolean {
    return this.#checks.length > 0;
  }

  /**
   * Who shows this, from an address. Throws UNAUTHENTICATED where nothing is shown, or nothing that opens: the more of that came from
   * there, the later, and in the end RATE_LIMITED.
   */
  async admit(shown: Credentials, address = NOWHERE): Promise<Caller> {
    if (!this.isLocked) return ANYBODY;
    const caller = await this.#find(shown);
    if (caller !== undefined) return caller;
    if (shown.authorization === undefined && shown.ticket === undefined) throw nothingShown();
    await this.#failed.slowDown(address);
    throw nothingThatOpens();
  }

  /** Counts one more that a caller asks for. Throws RATE_LIMITED where it is too many. */
  async count(caller: Caller, address = NOWHERE): Promise<void> {
    const seconds = await this.#limit?.take(countedAs(caller, address));
    if (seconds === undefined) return;
    const message = `${caller.name} asks for more in a minute than API_RATE_LIMIT_PER_MINUTE allows: come again in ${seconds} seconds.`;
    throw new CircuitBreakerError('RATE_LIMITED', message, { retryAfterSeconds: seconds });
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

/** Callers who are known are counted wherever they call from; those who show the ticket that somebody gave them, by their address. */
function countedAs({ by, name }: Caller, address: string): string {
  return by === 'token' || by === 'sign-on' ? `${by} ${name}` : `address ${networkOf(address)}`;
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
