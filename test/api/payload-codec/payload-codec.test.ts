import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PayloadKey } from '../../../src/core/payload-keys.js';
import { PayloadEncryption } from '../../../src/temporal/payload-encryption.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

const key = (id: string, byte: number): PayloadKey => ({ id, bytes: new Uint8Array(32).fill(byte) });
const [OURS, FOREIGN] = [key('ours', 1), key('foreign', 2)];
const UI = 'http://localhost:8233';
const DOCUMENT = 'planted-document';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const inClear = (text: string) => ({
  metadata: { encoding: base64('json/plain') },
  data: base64(JSON.stringify(text)),
});

/** As Temporal's UI gets it of the server: the JSON of protobuf. */
async function encryptedBy(by: PayloadKey, text: string) {
  const plain = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(text)) };
  const [{ metadata = {}, data = null } = {}] = await new PayloadEncryption([by]).encode([plain]);
  const named = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  return {
    metadata: Object.fromEntries(named) as Record<string, string>,
    data: Buffer.from(data ?? []).toString('base64'),
  };
}

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest({ payloadKeys: [OURS], uiUrl: UI });
});
afterAll(async () => {
  await api.stop();
});

async function post(path: string, payload: unknown, headers: Record<string, string> = {}) {
  const asked = { host: '127.0.0.1:4000', 'content-type': 'application/json', 'x-namespace': 'default', ...headers };
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const answer = await api.app.inject({ method: 'POST', url: path, headers: asked, payload: text });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json<unknown>(), text: answer.body };
}

describe('the codec', () => {
  it('decrypts what was encrypted with a key of ours, and leaves all else as it came', async () => {
    const others = [
      inClear('in clear'),
      await encryptedBy(FOREIGN, 'foreign'),
      { metadata: null, data: null, more: [1] },
      {},
    ];
    const asked = { payloads: [await encryptedBy(OURS, DOCUMENT), ...others] };
    const { status, headers, body } = await post('/codec/decode', asked);
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({ payloads: [inClear(DOCUMENT), ...others] });
  });

  it('encrypts what the UI is about to send', async () => {
    const { body } = await post('/codec/encode', { payloads: [inClear(DOCUMENT)] });
    const { payloads } = body as { payloads: readonly [{ metadata: { encoding: string }; data: string }] };
    expect(payloads[0].metadata.encoding).toBe(base64('binary/encrypted'));
    expect(Buffer.from(payloads[0].data, 'base64').toString('latin1')).not.toContain(DOCUMENT);
    expect((await post('/codec/decode', body)).body).toEqual({ payloads: [inClear(DOCUMENT)] });
  });

  it('takes what Temporal takes at most, packed or not', async () => {
    const large = 'x'.repeat(2 * 1024 * 1024);
    const { status, body } = await post('/codec/decode', { payloads: [await encryptedBy(OURS, large)] });
    expect([status, body]).toEqual([200, { payloads: [inClear(large)] }]);
  });

  it.each([
    ['no JSON', '{"payloads"', ''],
    ['a list', [], ''],
    ['no payloads', {}, ''],
    ['payloads that are no list', { payloads: {} }, ''],
    ['a payload that is none', { payloads: [inClear('x'), 7] }, '/payloads/1'],
    ['metadata that are none', { payloads: [{ metadata: 'x' }] }, '/payloads/0/metadata'],
    ['metadata that are not base64', { payloads: [{ metadata: { 'a/b': '?' } }] }, '/payloads/0/metadata/a~1b'],
    ['data that are not base64', { payloads: [{ data: 'no base64' }] }, '/payloads/0/data'],
    ['nesting without end', `{"payloads":[{"more":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`, ''],
    ['very many payloads', { payloads: Array.from({ length: 10_001 }, () => ({})) }, '/payloads'],
  ])('refuses %s', async (_what, asked, pointer) => {
    for (const path of ['/codec/decode', '/codec/encode']) {
      const { status, body } = await post(path, asked);
      expect([status, body]).toMatchObject([400, { error: { code: 'VALIDATION_FAILED' } }]);
      if (pointer !== '') expect(body).toMatchObject({ error: { problems: [{ pointer }] } });
    }
  });

  it('refuses a body beyond all that Temporal carries', async () => {
    const { status, body } = await post('/codec/decode', { payloads: [{ data: 'x'.repeat(4 * 1024 * 1024) }] });
    expect([status, body]).toMatchObject([413, { error: { code: 'PAYLOAD_TOO_LARGE' } }]);
  });

  it('refuses more metadata than payloads have', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 50_001 }, (_, index) => [`k${index}`, '']));
    const { status, body } = await post('/codec/decode', { payloads: [{ metadata }] });
    expect([status, body]).toMatchObject([400, { error: { code: 'VALIDATION_FAILED' } }]);
    delete metadata['k0'];
    expect(await post('/codec/decode', { payloads: [{ metadata }] })).toMatchObject({ status: 200 });
  });

  it('is not there where nothing is encrypted', async () => {
    const without = await apiUnderTest();
    const headers = { host: '127.0.0.1:4000', 'content-type': 'application/json' };
    const answer = await without.app.inject({
      method: 'POST',
      url: '/codec/decode',
      headers,
      payload: '{"payloads":[]}',
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    await without.stop();
  });
});

describe('a page', () => {
  const preflight = async (path: string, origin: string) => {
    const headers = {
      ...{ host: '127.0.0.1:4000', origin, 'access-control-request-method': 'POST' },
      'access-control-request-headers': 'content-type,x-namespace,authorization',
    };
    const answer = await api.app.inject({ method: 'OPTIONS', url: path, headers });
    return { status: answer.statusCode, ...corsOf(answer.headers) };
  };
  const corsOf = (headers: Record<string, unknown>) => ({
    origin: headers['access-control-allow-origin'],
    credentials: headers['access-control-allow-credentials'],
    headers: headers['access-control-allow-headers'],
  });

  it.each([UI, 'http://127.0.0.1:8233'])('of the Temporal UI at %s may use the codec', async (origin) => {
    expect(await preflight('/codec/decode', origin)).toEqual({
      ...{ status: 204, origin, credentials: 'true' },
      headers: 'content-type,x-namespace,authorization',
    });
    const { status, headers, body } = await post(
      '/codec/decode',
      { payloads: [await encryptedBy(OURS, DOCUMENT)] },
      { origin },
    );
    expect([status, corsOf(headers).origin, body]).toEqual([200, origin, { payloads: [inClear(DOCUMENT)] }]);
    expect(headers.vary).toContain('Origin');
  });

  it.each(['/graphql', '/', '/agent-stream/e', '/codec', '/codec/decode/', '/codec/decode/../../graphql'])(
    'of the Temporal UI may not use %s',
    async (path) => {
      expect(await preflight(path, UI)).toMatchObject({ status: 403, origin: undefined });
      const { status, headers } = await post(path, { query: '{ __typename }' }, { origin: UI });
      expect([status, corsOf(headers).origin]).toEqual([403, undefined]);
    },
  );

  it.each([
    'https://evil.example',
    'http://localhost:8234',
    'https://localhost:8233',
    'http://localhost:8233.evil.example',
    'null',
  ])('of %s gets nothing of the codec', async (origin) => {
    expect(await preflight('/codec/decode', origin)).toMatchObject({ status: 403, origin: undefined });
    // As a form or a beacon sends it, without asking before.
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const asked = { payloads: [await encryptedBy(OURS, DOCUMENT)] };
      const { status, headers, text } = await post('/codec/decode', asked, { origin, 'content-type': type });
      expect([status, corsOf(headers).origin]).toEqual([403, undefined]);
      expect(text).not.toContain(base64(DOCUMENT).slice(0, -4));
    }
  });

  it('whose name was made to point here gets nothing of the codec', async () => {
    const rebound = { host: 'evil.example:8233', origin: 'http://evil.example:8233' };
    expect((await post('/codec/decode', { payloads: [] }, rebound)).status).toBe(403);
  });
});
