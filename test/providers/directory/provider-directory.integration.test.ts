import type { ServerResponse } from 'node:http';

import type { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDispatcher } from '../../../src/providers/connection/dispatcher.js';
import { createProviderDirectory } from '../../../src/providers/directory/provider-directory.js';
import type { ProviderDirectory, ProviderStatus } from '../../../src/providers/directory/provider-status.js';
import { resolveEndpoints } from '../../../src/providers/keys/endpoint.js';
import { readCredentials, type ProviderSettings } from '../../../src/providers/keys/read-credentials.js';
import { MemoryProviderKeyStore } from '../../../src/storage/memory/provider-keys.js';
import { startAimock } from '../../support/aimock-process.js';
import { startFaultServer, type FaultServer } from '../../support/fault-server.js';
import { THIS_MACHINE } from '../../support/this-machine.js';

const KEY = 'sk-planted-Zq7x-0123456789';
/** Nobody listens there, and nobody can. */
const REFUSING = 'http://127.0.0.1:3/v1';

type AccountType = keyof NonNullable<ProviderSettings['accounts']>;

function answer(status: number, body: unknown, contentType = 'application/json') {
  return (_request: unknown, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': contentType });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

describe('the provider directory', () => {
  let server: FaultServer;
  let dispatcher: Dispatcher;

  beforeEach(async () => {
    server = await startFaultServer();
    dispatcher = createDispatcher({ connectionTimeoutMs: 30_000, privateHosts: THIS_MACHINE });
  });

  afterEach(async () => {
    await dispatcher.destroy();
    await server.stop();
  });

  function directoryOf(accounts: NonNullable<ProviderSettings['accounts']>): ProviderDirectory {
    return createProviderDirectory({ credentials: readCredentials({ accounts, credentials: {} }), dispatcher });
  }

  /** The status of one account at the fault server, with the planted key; no status ever holds that key. */
  async function statusOf(type: AccountType, baseUrl = server.baseUrl): Promise<ProviderStatus | undefined> {
    const statuses = await directoryOf({ [type]: { apiKey: KEY, baseUrl } }).check();
    expect(JSON.stringify(statuses)).not.toContain(KEY);
    return statuses.find((status) => status.type === type);
  }

  it('lists what an independent server offers', async () => {
    const aimock = await startAimock();
    try {
      const status = await statusOf('openai', aimock.baseUrl);
      expect(status).toMatchObject({ works: true, baseUrl: aimock.baseUrl });
      expect(status?.models.length).toBeGreaterThan(0);
      expect(status?.message).toBe(`Offers ${String(status?.models.length)} models.`);
    } finally {
      await aimock.stop();
    }
  });

  it.each([
    ['openai', 'authorization', `Bearer ${KEY}`, { data: [{ id: 'one' }, { id: 'two' }] }],
    ['anthropic', 'x-api-key', KEY, { data: [{ id: 'one' }, { id: 'two' }] }],
    ['google', 'x-goog-api-key', KEY, { models: [{ name: 'models/one' }, { name: 'models/two' }] }],
    ['ollama', 'authorization', `Bearer ${KEY}`, { models: [{ name: 'one' }, { name: 'two' }] }],
  ] as const)('asks %s in its own way', async (type, header, value, list) => {
    server.behave(answer(200, list));
    expect(await statusOf(type)).toEqual({
      type,
      baseUrl: server.baseUrl,
      works: true,
      message: 'Offers 2 models.',
      models: ['one', 'two'],
      keys: [{ name: `${type.toUpperCase()}_API_KEY`, state: 'OK' }],
    });
    expect(server.headers[0]?.[header]).toBe(value);
  });

  const list = { data: [{ id: 'one' }] };
  it.each([
    ['a wrong key', answer(401, { error: { message: `no such key: ${KEY}` } }), 'auth', 'OPENAI_API_KEY'],
    ['a forbidden one', answer(403, { error: { message: 'no' } }), 'auth', 'OPENAI_API_KEY'],
    ['no credit', answer(402, {}), 'quota', 'billing'],
    ['an overloaded server', answer(503, {}), 'overloaded', 'overloaded'],
    ['a web page', answer(200, '<!doctype html><p>hello', 'text/html'), 'invalid_request', 'web page'],
    ['text', answer(200, 'hello', 'text/plain'), 'invalid_request', 'base URL'],
    ['an error with status 200', answer(200, { error: 'no such endpoint' }), 'invalid_request', 'base URL'],
    ['another API', answer(404, { detail: 'Not Found' }), 'invalid_request', 'lists no models at /v1/models'],
    ['a redirect', answer(302, ''), 'invalid_request', 'redirects'],
    [
      'a list that breaks off',
      (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"data":', () => response.socket?.resetAndDestroy());
      },
      'incomplete_stream',
      'broke',
    ],
  ] as const)('%s is a status that says what to do', async (_name, behaviour, errorCode, advice) => {
    server.behave(behaviour);
    const status = await statusOf('openai');
    expect(status).toMatchObject({ works: false, errorCode, models: [] });
    expect(status?.message).toContain(advice);
  });

  it('a refused connection is `network`', async () => {
    expect(await statusOf('anthropic', REFUSING)).toMatchObject({ works: false, errorCode: 'network' });
  });

  it.each([
    ['that says nothing', () => undefined],
    [
      'that stalls in its list',
      (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"data":');
      },
    ],
    [
      'that drips',
      (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 100);
        response.on('close', () => {
          clearInterval(timer);
        });
      },
    ],
  ])('a server %s is `timeout`, and is not waited for', async (_name, behaviour) => {
    server.behave(behaviour);
    expect(await statusOf('google')).toMatchObject({ works: false, errorCode: 'timeout' });
    await server.allClosed();
  });

  it('a key without which nothing can work is missed before anything is sent', async () => {
    const [status] = await directoryOf({ openai: { baseUrl: 'https://api.openai.com/v1' } }).check();
    expect(status).toMatchObject({ works: false, errorCode: 'auth' });
    expect(status?.message).toContain('OPENAI_API_KEY');
  });

  it('a server that says the key back as a model does not get it shown', async () => {
    server.behave(answer(200, { data: [{ id: KEY }, { id: `ft:${KEY}:1` }] }));
    expect(await statusOf('openai')).toMatchObject({ works: true, models: ['[secret]', 'ft:[secret]:1'] });
  });

  it('a base URL is shown without what it holds besides the address', async () => {
    server.behave(answer(200, list));
    const baseUrl = server.baseUrl.replace('http://', `http://user:${KEY}@`);
    expect(await statusOf('openai', baseUrl)).toMatchObject({ baseUrl: server.baseUrl, works: true });
  });

  it('says how each of several keys stands, also with the workers, and works where one of them does', async () => {
    server.behave((request, response) => {
      const isGood = request.headers.authorization !== `Bearer ${KEY}-bad`;
      answer(isGood ? 200 : 401, isGood ? list : { error: { message: `no ${KEY}-bad` } })(request, response);
    });
    const apiKeys = [`${KEY}-bad`, `${KEY}-good`, `${KEY}-limited`].join();
    const credentials = readCredentials({
      accounts: { openai: { apiKeys, baseUrl: server.baseUrl } },
      credentials: {},
    });
    const keyStore = new MemoryProviderKeyStore();
    const provider = { type: 'openai', model: 'm', headers: {}, options: {} } as const;
    const limited = resolveEndpoints(provider, credentials)[2]?.id ?? '';
    await keyStore.mark({ endpoint: limited, kind: 'limited', model: 'gpt-4o', forMs: 60_000 });
    const [status] = await createProviderDirectory({ credentials, dispatcher, keyStore }).check();
    expect(status).toMatchObject({
      works: true,
      message:
        'Offers 1 model. Keys: 1 of 3 work; not: OPENAI_API_KEYS, key 1 (refused); OPENAI_API_KEYS, key 3 (limited).',
      keys: [
        {
          name: 'OPENAI_API_KEYS, key 1',
          state: 'REFUSED',
          message: expect.stringContaining('Check OPENAI_API_KEYS, key 1') as string,
        },
        { name: 'OPENAI_API_KEYS, key 2', state: 'OK' },
        {
          name: 'OPENAI_API_KEYS, key 3',
          state: 'COOLING',
          until: expect.any(String) as string,
          message: expect.stringContaining('gpt-4o') as string,
        },
      ],
    });
    expect(JSON.stringify(status)).not.toContain(KEY);
  });

  it('asks all accounts at once, and leaves out those that are not configured', async () => {
    const asked = { now: 0, most: 0 };
    server.behave((_, response) => {
      asked.now += 1;
      asked.most = Math.max(asked.most, asked.now);
      response.on('close', () => {
        asked.now -= 1;
      });
    });
    const account = { apiKey: KEY, baseUrl: server.baseUrl };
    const statuses = await directoryOf({ openai: account, anthropic: account, ollama: account }).check();
    expect(statuses.map(({ type, works }) => [type, works])).toEqual([
      ['openai', false],
      ['anthropic', false],
      ['ollama', false],
      ['mock', true],
    ]);
    expect(asked.most).toBe(3);
  });

  it('a caller who gives up is answered with the own reason', async () => {
    server.behave(() => undefined);
    const checking = directoryOf({ openai: { apiKey: KEY, baseUrl: server.baseUrl } });
    await expect(checking.check(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
