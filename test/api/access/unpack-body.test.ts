import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

const QUERY = Buffer.from('{"query":"{ __typename }"}');

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
});
afterAll(async () => {
  await api.stop();
});

async function post(payload: Buffer, coding: string) {
  const headers = { 'content-type': 'application/json', 'content-encoding': coding };
  const response = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload });
  return { status: response.statusCode, headers: response.headers, body: response.json<unknown>() };
}

describe('a body', () => {
  it.each([
    ['gzip', gzipSync(QUERY)],
    ['GZIP', gzipSync(QUERY)],
    ['deflate', deflateSync(QUERY)],
    ['br', brotliCompressSync(QUERY)],
    ['identity', QUERY],
  ])('packed as %s is read', async (coding, payload) => {
    expect(await post(payload, coding)).toMatchObject({ status: 200, body: { data: { __typename: 'Query' } } });
  });

  it.each(['zstd', 'gzip, gzip', 'constructor', ''])(
    'packed as %j is refused, with what can be read',
    async (coding) => {
      const { status, headers, body } = await post(QUERY, coding);
      expect({ status, body }).toMatchObject({
        status: 415,
        body: { errors: [{ extensions: { code: 'VALIDATION_FAILED' } }] },
      });
      expect(headers['accept-encoding']).toContain('gzip');
    },
  );

  it.each([
    ['is something else', QUERY],
    ['is cut off', gzipSync(QUERY).subarray(0, 20)],
  ])('that says it is packed and %s is refused', async (_what, payload) => {
    const { status, body } = await post(payload, 'gzip');
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: 'VALIDATION_FAILED' } }] },
    });
    expect(JSON.stringify(body)).toContain('content-encoding');
  });

  it('that is cut off ends nothing where nobody reads it', async () => {
    const uncaught = vi.fn();
    process.once('uncaughtException', uncaught);
    const headers = { 'content-type': 'image/png', 'content-encoding': 'gzip' };
    const payload = gzipSync(QUERY).subarray(0, 20);
    const { statusCode } = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload });
    expect(statusCode).toBe(415);
    // As long as it takes to unpack the same where somebody reads.
    await post(payload, 'gzip');
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('that becomes more than a body may have is refused as soon as it does', async () => {
    const { status, body } = await post(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')), 'gzip');
    expect({ status, body }).toMatchObject({
      status: 413,
      body: { errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
    });
  });
});
