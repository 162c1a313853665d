import type { IncomingHttpHeaders } from 'node:http';

/** What somebody shows at a door. */
export interface Credentials {
  /** As in the header of this name. */
  readonly authorization?: string | undefined;
  /** For the stream of one execution. */
  readonly ticket?: string | undefined;
}

/** Longer ones are nobody's: they are not even looked at. */
const MAX_LENGTH = 8192;
const BEARER = /^bearer +([\w.~+/-]+=*) *$/i;

/** What a request shows; its address may have a ticket where a browser cannot set headers. */
export function shownBy(headers: IncomingHttpHeaders, url?: URL): Credentials {
  const { authorization } = headers;
  return { authorization, ticket: url?.searchParams.get('ticket') ?? undefined };
}

/** What the first message of a socket shows: `{"Authorization": "Bearer …"}`, or `{"ticket": "…"}`. */
export function shownAtInit(payload: Readonly<Record<string, unknown>> | undefined): Credentials {
  const text = (name: string) => (typeof payload?.[name] === 'string' ? payload[name] : undefined);
  return { authorization: text('Authorization') ?? text('authorization'), ticket: text('ticket') };
}

/** The token of an `Authorization: Bearer <token>`; undefined where it is none. */
export function bearerToken({ authorization }: Credentials): string | undefined {
  if (authorization === undefined || authorization.length > MAX_LENGTH) return undefined;
  return BEARER.exec(authorization)?.[1];
}

/** A ticket that may be one. */
export function shownTicket({ ticket }: Credentials): string | undefined {
  return ticket === undefined || ticket.length > MAX_LENGTH ? undefined : ticket;
}
