import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';
import { createDispatcher } from '../../src/providers/dispatcher.js';
import { createProviderDirectory } from '../../src/providers/provider-directory.js';
import type { ProviderStatus } from '../../src/providers/provider-status.js';
import { readCredentials } from '../../src/providers/read-credentials.js';
import { rememberedDirectory } from '../../src/providers/remembered-directory.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { answerJson, type Answer } from './wire/faults.js';
import { GENERATE, MESSAGES, OLLAMA, RESPONSES, type WireUnderTest } from './wire/wire-under-test.js';

const KEY = 'sk-planted-0123456789';
const ACCOUNTS = [
  ['openai', RESPONSES],
  ['anthropic', MESSAGES],
  ['google', GENERATE],
  ['ollama', OLLAMA],
] as const;

describe('the directory of providers', () => {
  let server: FaultServer;
  let dispatcher: Dispatcher;

  beforeEach(async () => {
    server = await startFaultServer();
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000 });
  });

  afterEach(async () => {
    await dispatcher.destroy();
    await server.stop();
  });

  const directory = (type: string, baseUrl: string) =>
    createProviderDirectory({
      credentials: readCredentials({ accounts: { [type]: { apiKey: KEY, baseUrl } }, credentials: {} }),
      dispatcher,
    });
  const ask = async (type: string, baseUrl: string): Promise<ProviderStatus | undefined> =>
    (await directory(type, baseUrl).check()).find((status) => status.type === type);
  const address = (wire: WireUnderTest) => wire.provider(server.root).baseUrl ?? '';

  it.each(ACCOUNTS)('says which models %s offers to its key', async (type, wire) => {
    server.behave((_, response) => {
      answerJson(200, wire.modelList(['model-a', 'model-b']))(response);
    });
    expect(await ask(type, address(wire))).toMatchObject({ works: true, models: ['model-a', 'model-b'] });
    const [name, value] = wire.keyHeader(KEY);
    expect(server.headers[0]?.[name]).toBe(value);
  });

  const faults: readonly (readonly [string, Answer, string])[] = [
    ['refuses the key', answerJson(401, { error: { message: `${KEY} is no key` } }), 'auth'],
    [
      'answers a web page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'invalid_request',
    ],
    ['has no such path', (response) => response.writeHead(404).end(), 'invalid_request'],
    ['fails', answerJson(500, { error: { message: 'oops' } }), 'server'],
    ['breaks off', (response) => response.socket?.destroy(), 'network'],
  ];

  it.each(faults)('says so when a provider %s, with what to do and without the key', async (_, handler, errorCode) => {
    server.behave((_request, response) => {
      handler(response);
    });
    const status = await ask('openai', address(RESPONSES));
    expect(status).toMatchObject({
      works: false,
      errorCode,
      models: [],
      message: expect.stringMatching(/./) as string,
    });
    expect(JSON.stringify(status)).not.toContain(KEY);
  });

  it('waits for seconds and not for ever', async () => {
    server.behave(() => undefined);
    expect(await ask('anthropic', server.root)).toMatchObject({ works: false, errorCode: 'timeout' });
  });

  it('always has the mock, and leaves out what is neither configured nor there', async () => {
    const credentials = readCredentials({ credentials: {} });
    const types = (await createProviderDirectory({ credentials, dispatcher }).check()).map(({ type }) => type);
    expect(types.filter((type) => type !== 'ollama')).toEqual(['mock']);
  });

  it('is asked once for all who ask within half a minute', async () => {
    server.behave((_, response) => {
      answerJson(200, MESSAGES.modelList(['m']))(response);
    });
    let now = 0;
    const remembered = rememberedDirectory(directory('anthropic', server.root), () => now);
    await Promise.all([remembered.check(), remembered.check()]);
    now = 29_000;
    await remembered.check();
    expect(server.urls).toHaveLength(1);
    now = 31_000;
    await remembered.check();
    expect(server.urls).toHaveLength(2);
  });
});
