import { Readable } from 'node:stream';

import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';

import { mayDo } from '../../core/access/role.js';
import { refusedWith } from '../error-response.js';
import { callerOf } from './admit-requests.js';

/** The largest request body: a token's data may take 256 KiB, a definition more. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** A folder of definitions, which those who administer save in one piece: for the routes that take one. */
export const MAX_FOLDER_BYTES = 8 * MAX_BODY_BYTES;

const LARGE = new WeakSet<FastifyRequest>();

/** Whether the body of a request, once it was read, had more than MAX_BODY_BYTES. */
export function isLarge(request: FastifyRequest): boolean {
  return LARGE.has(request);
}

/** Keeps bodies to MAX_BODY_BYTES, but those of callers who administer; notes which ones are larger. */
export function limitBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    await Promise.resolve();
    const mayBeLarge = mayDo(callerOf(request).role, 'administer');
    if (!mayBeLarge && Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw bodyTooLarge();
    return counted(payload, () => {
      if (!mayBeLarge) throw bodyTooLarge();
      LARGE.add(request);
    });
  });
}

export function bodyTooLarge(): Error {
  return refusedWith(413, 'The request body is too large.');
}

/** The same, with a word when it is large. Nothing is read before somebody reads it. */
function counted(payload: RequestPayload, large: () => void): RequestPayload {
  const body: RequestPayload = Readable.from(parts(), { objectMode: false });
  // Of a body that came packed: what fastify compares with its content-length.
  Object.defineProperty(body, 'receivedEncodedLength', { get: () => payload.receivedEncodedLength });
  return body;

  async function* parts(): AsyncGenerator<Buffer> {
    let length = 0;
    for await (const part of payload as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > MAX_BODY_BYTES) large();
      yield part;
    }
  }
}
