import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Caller } from '../../core/access/caller.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { requestUrl } from '../connections/request-url.js';
import { AGENT_STREAM_ROUTE } from '../connections/stream-path.js';
import { admitToDoor } from './admit-to-door.js';
import { CHALLENGE } from '../connections/challenge.js';
import type { Guards } from './audited-admission.js';
import { callOrigin } from './call-origin.js';
import { DOORS, type Door } from './doors.js';
import type { TrustedProxies } from './trusted-proxies.js';

interface Gate extends Guards {
  readonly proxies: TrustedProxies;
  /** Whether anybody may have the page of the IDE: what it asks for is judged like all else. */
  readonly servesIde: boolean;
}

const CALLERS = new WeakMap<FastifyRequest, Caller>();

/** Who asks. Throws behind a door where nobody was asked: what is served there must not go by who it is for. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = CALLERS.get(request);
  if (caller === undefined) throw new Error(`nobody was let in at ${request.routeOptions.url ?? 'no route'}`);
  return caller;
}

/** Lets requests in, or not, before anything of them is read. To be called before any route is registered. */
export function admitRequests(app: FastifyInstance, gate: Gate): void {
  const { servesIde } = gate;
  app.addHook('onRoute', ({ url }) => {
    doorOf(url);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode === 401) void reply.header('www-authenticate', CHALLENGE);
    await Promise.resolve();
  });
  app.addHook('onRequest', async (request) => {
    const { url } = request.routeOptions;
    const door = url === undefined ? 'judged' : doorOf(url);
    if (door === 'open' || (door === 'ide' && servesIde)) return;
    if (door === 'ide') throw new CircuitBreakerError('NOT_FOUND', 'There is nothing at this address.');
    const caller = await admitToDoor(gate, door, {
      method: request.method,
      headers: request.headers,
      url: requestUrl(request.raw),
      takesTicket: url === AGENT_STREAM_ROUTE,
      from: callOrigin(gate, request.raw, request.id),
    });
    CALLERS.set(request, caller);
  });
}

function doorOf(url: string): Door {
  const door = Object.hasOwn(DOORS, url) ? DOORS[url] : undefined;
  if (door === undefined) throw new Error(`doors.ts has no row for "${url}": say who may use it`);
  return door;
}
