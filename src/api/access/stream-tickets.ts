import { jwtVerify, SignJWT } from 'jose';

import type { Caller } from '../../core/access/caller.js';

export interface StreamTicket {
  readonly ticket: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

interface TicketOptions {
  /** The first one signs, all are good; of 32 bytes at least. */
  readonly secrets: readonly string[];
  /** For as long as its stream can be watched: an EventSource comes again with the same address. */
  readonly lifeSeconds: number;
}

const ALGORITHM = 'HS256';
const AUDIENCE = 'circuit-breaker/agent-stream';

/** Tickets for browsers, which cannot set headers: each opens the stream of one execution for a time. */
export class StreamTickets {
  readonly #keys: readonly Uint8Array[];
  readonly #lifeSeconds: number;

  constructor({ secrets, lifeSeconds }: TicketOptions) {
    this.#keys = secrets.map((secret) => new TextEncoder().encode(secret));
    this.#lifeSeconds = lifeSeconds;
  }

  /** `until`, in milliseconds since 1970: it does not outlive what its owner was let in by. */
  async make(executionId: string, { name, expiresAt: until = Infinity }: Caller, now: number): Promise<StreamTicket> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('there is no secret to sign tickets with');
    const expiresAt = Math.floor(Math.min(now + this.#lifeSeconds * 1000, until) / 1000);
    const ticket = await new SignJWT({ for: name })
      .setProtectedHeader({ alg: ALGORITHM })
      .setAudience(AUDIENCE)
      .setSubject(executionId)
      .setExpirationTime(expiresAt)
      .sign(key);
    return { ticket, expiresAt: new Date(expiresAt * 1000).toISOString() };
  }

  /** Who shows it; undefined: it is none of ours, or has expired. */
  async find(ticket: string, now: number): Promise<Caller | undefined> {
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(ticket, key, {
          algorithms: [ALGORITHM],
          audience: AUDIENCE,
          currentDate: new Date(now),
          requiredClaims: ['sub', 'exp'],
        });
        const { sub: executionId = '', exp = 0 } = payload;
        const name = typeof payload['for'] === 'string' ? payload['for'] : 'ticket';
        return { by: 'ticket', name, role: 'read', executionId, expiresAt: exp * 1000 };
      } catch {
        // The other secret may have signed it.
      }
    }
    return undefined;
  }
}
