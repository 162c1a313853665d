import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';

import { refusedWith } from '../error-response.js';

const UNPACKERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

type Coding = keyof typeof UNPACKERS;

/**
 * Bodies may come packed, as some clients send whatever is large. Fastify's limit holds for what comes out, and unpacking
 * ends with it, so that a few bytes cannot become gigabytes. Another coding is answered 415.
 */
export function unpackBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    const coding = codingOf(request);
    if (coding === 'identity') return payload;
    if (isKnown(coding)) return unpacked(payload, coding, request.routeOptions.bodyLimit);
    void reply.header('accept-encoding', Object.keys(UNPACKERS).join(', '));
    await Promise.resolve();
    throw refusedWith(
      415,
      `A body with the content-encoding "${coding}" cannot be read: send it as it is, or as gzip.`,
    );
  });
}

function codingOf({ headers }: FastifyRequest): string {
  return headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
}

function isKnown(coding: string): coding is Coding {
  return Object.hasOwn(UNPACKERS, coding);
}

/**
 * The body as it was before it was packed; ends with an error where it is not what it says, or more than may come. Nothing is
 * unpacked before somebody reads: an error would have nobody to go to, and end the process.
 */
function unpacked(payload: RequestPayload, coding: Coding, limit: number): Readable {
  const body = Object.assign(Readable.from(parts(), { objectMode: false }), { receivedEncodedLength: 0 });
  return body;

  async function* parts(): AsyncGenerator<Buffer> {
    const unpacker = UNPACKERS[coding]();
    const failed = (error: Error) => unpacker.destroy(error);
    payload.on('error', failed).on('data', (part: Buffer) => {
      body.receivedEncodedLength += part.length;
    });
    let length = 0;
    try {
      for await (const part of payload.pipe(unpacker) as AsyncIterable<Buffer>) {
        length += part.length;
        if (length > limit) throw refusedWith(413, 'The request body is too large.');
        yield part;
      }
    } catch (error) {
      throw error instanceof Error && 'statusCode' in error
        ? error
        : refusedWith(400, `The body is not ${coding}, as its content-encoding says, or it was cut off.`);
    } finally {
      payload.unpipe().resume();
    }
  }
}
