import type { FastifyInstance } from 'fastify';

import { accepted } from '../../core/errors.js';
import type { JsonObject } from '../../core/json/json.js';
import type { ApiParts } from '../api-parts.js';
import { DECODE_ROUTE, ENCODE_ROUTE } from '../connections/codec-paths.js';
import type { PayloadCipher } from './payload-cipher.js';
import { payloadJson, readPayloads } from './payload-json.js';

/** Temporal takes 2 MiB as the arguments of one call; in base64 they are a third longer. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * The codec server of Temporal's UI and CLI: what Temporal stores of ours in clear, for those who may see all of it. Not there where
 * nothing is encrypted. What cannot be decrypted here comes back as it is, so that the rest can be read.
 */
export function registerPayloadCodec(
  app: FastifyInstance,
  { payloadCipher: cipher }: Pick<ApiParts, 'payloadCipher'>,
): void {
  if (cipher === undefined) return;
  const doors = { [DECODE_ROUTE]: decoded, [ENCODE_ROUTE]: encoded };
  for (const [route, answer] of Object.entries(doors)) {
    app.post(route, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      return { payloads: await answer(request.body, cipher) };
    });
  }
}

function decoded(body: unknown, cipher: PayloadCipher): Promise<readonly JsonObject[]> {
  const payloads = accepted('The request', readPayloads(body)).map(({ json, payload }) => {
    const opened = cipher.open(payload);
    return opened === undefined || opened === payload ? json : payloadJson(opened);
  });
  return Promise.resolve(payloads);
}

async function encoded(body: unknown, cipher: PayloadCipher): Promise<readonly JsonObject[]> {
  const payloads = accepted('The request', readPayloads(body)).map(({ payload }) => payload);
  return (await cipher.encode(payloads)).map(payloadJson);
}
