import type { ServerResponse } from 'node:http';

import type { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createLanguageModel } from '../../../src/providers/create-language-model.js';
import { createDispatcher } from '../../../src/providers/connection/dispatcher.js';
import { readCredentials, type ProviderSettings } from '../../../src/providers/keys/read-credentials.js';
import { MemoryProviderKeyStore } from '../../../src/storage/memory/provider-keys.js';
import { beginStream, startFaultServer, type FaultServer } from '../../support/fault-server.js';
import { aProvider, aRequest, collect, finishOf } from '../../support/model-request.js';
import { schemasInThisThread } from '../../support/schemas.js';
import { THIS_MACHINE } from '../../support/this-machine.js';
import { CHAT } from '../formats/contract/wire-under-test.js';

type Answer = (response: ServerResponse) => void;

const refusing =
  (status: number, headers: Record<string, string> = {}, message = 'no'): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message } }));
  };
const answering: Answer = (response) => {
  beginStream(response);
  response.end(CHAT.text('Yes') + CHAT.finish('stop'));
};
const DOWN = 'http://127.0.0.1:3/v1';

describe('a call with several keys', () => {
  let server: FaultServer;
  let dispatcher: Dispatcher;
  /** How each key is answered, by the key. */
  let answers: Record<string, Answer>;

  beforeEach(async () => {
    server = await startFaultServer();
    server.behave((request, response) => {
      const key = (request.headers.authorization ?? '').replace('Bearer ', '');
      (answers[key] ?? answering)(response);
    });
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
    answers = {};
  });

  afterEach(async () => {
    await dispatcher.destroy();
    await server.stop();
  });

  function modelWith(settings: Partial<ProviderSettings> = {}) {
    const openai = { apiKeys: 'key-one,key-two,key-three', baseUrl: server.baseUrl };
    const credentials = readCredentials({ accounts: { openai }, credentials: {}, ...settings });
    const keyStore = new MemoryProviderKeyStore();
    return createLanguageModel({ credentials, dispatcher, keyStore, schemas: schemasInThisThread });
  }
  const request = () => aRequest({ provider: { type: 'openai', model: 'gpt-4o', headers: {}, options: {} } });
  const asked = () => server.headers.map(({ authorization = '' }) => authorization.replace('Bearer ', ''));
  const named = (place: number) => `OPENAI_API_KEYS, key ${place}`;

  it.each([
    ['rate_limit', refusing(429, { 'retry-after': '60' })],
    ['auth', refusing(401)],
    ['auth', refusing(403)],
    ['quota', refusing(402)],
  ])(
    'goes on at once with the next key where one is refused for %s, and leaves it alone from then on',
    async (code, answer) => {
      answers = { 'key-one': answer };
      const model = modelWith();
      expect(finishOf(await collect(model, request()))).toMatchObject({
        key: named(2),
        passedKeys: [{ key: named(1), errorCode: code }],
      });
      for (let calls = 0; calls < 4; calls += 1) await collect(model, request());
      expect(asked()).toEqual(['key-one', 'key-two', 'key-three', 'key-two', 'key-three', 'key-two']);
    },
  );

  it('that every key is refused for waits until the first may be used, and asks nobody meanwhile', async () => {
    answers = {
      'key-one': refusing(429, { 'retry-after': '60' }),
      'key-two': refusing(401),
      'key-three': refusing(429, { 'retry-after': '30' }),
    };
    const model = modelWith();
    for (const calls of [3, 3]) {
      await expect(collect(model, request())).rejects.toMatchObject({
        code: 'rate_limit',
        facts: { heldBack: true, retryAfterMs: expect.toSatisfy((ms: number) => ms > 25_000 && ms < 33_000) as number },
      });
      expect(server.urls).toHaveLength(calls);
    }
  });

  it('that all of them are refused for names them and what to do, and no key', async () => {
    const words = 'key-one key-two key-three';
    answers = Object.fromEntries(words.split(' ').map((key) => [key, refusing(401, {}, `bad ${words}`)]));
    const model = modelWith();
    for (let calls = 0; calls < 2; calls += 1) {
      const failed = collect(model, request());
      await expect(failed).rejects.toMatchObject({ code: 'auth' });
      await expect(failed).rejects.toThrow(/refused every key: OPENAI_API_KEYS, key 1; .*Check them/);
      await expect(failed).rejects.not.toThrow(/key-(?:one|two|three)/);
    }
    expect(server.urls).toHaveLength(3);
  });

  it('does not spend the last of a limit, which its headers tell', async () => {
    answers = {
      'key-one': (response) => {
        response.setHeader('x-ratelimit-remaining-requests', '0');
        response.setHeader('x-ratelimit-reset-requests', '50s');
        answering(response);
      },
    };
    const model = modelWith();
    for (let calls = 0; calls < 4; calls += 1) await collect(model, request());
    expect(asked()).toEqual(['key-one', 'key-two', 'key-three', 'key-two']);
  });

  it('goes to the address that can be reached, and to the other last, for a while', async () => {
    const ollama = { baseUrls: `${DOWN},${server.baseUrl}`, apiKey: 'key-one' };
    const model = modelWith({ accounts: { openai: ollama } });
    expect(finishOf(await collect(model, request()))).toMatchObject({
      key: `OPENAI_API_KEY at ${server.baseUrl}`,
      passedKeys: [{ key: `OPENAI_API_KEY at ${DOWN}`, errorCode: 'network' }],
    });
    expect(finishOf(await collect(model, request()))).not.toHaveProperty('passedKeys');
  });

  it('that can reach no address fails as it does with one: a network that is away is no limit', async () => {
    const model = modelWith({ accounts: { openai: { baseUrls: `${DOWN},http://127.0.0.1:7/v1`, apiKey: 'key-one' } } });
    for (let calls = 0; calls < 2; calls += 1) {
      await expect(collect(model, request())).rejects.toMatchObject({ code: 'network', facts: {} });
    }
  });

  it('of a credential or a header takes each of them in turn, to the hosts that they are bound to', async () => {
    const { host } = new URL(server.root);
    const model = modelWith({ credentials: { CREDENTIAL_X: 'key-a,key-b', CREDENTIAL_X_HOSTS: host } });
    const provider = aProvider({ baseUrl: server.baseUrl });
    for (const fields of [{ credential: 'CREDENTIAL_X' }, { headers: { authorization: 'Bearer ${CREDENTIAL_X}' } }]) {
      for (let calls = 0; calls < 2; calls += 1) {
        const finish = finishOf(await collect(model, aRequest({ provider: { ...provider, ...fields } })));
        expect(finish.key).toMatch(/^CREDENTIAL_X, key [12]$/);
      }
    }
    expect(asked().toSorted()).toEqual(['key-a', 'key-a', 'key-b', 'key-b']);
    const elsewhere = aRequest({
      provider: aProvider({ baseUrl: 'http://127.0.0.1:3/v1', credential: 'CREDENTIAL_X' }),
    });
    await expect(collect(model, elsewhere)).rejects.toThrow(/not bound to 127\.0\.0\.1:3/);
  });

  it('with the only key there is asks it however often it was refused, and counts what it is refused for', async () => {
    const model = modelWith({ accounts: { openai: { apiKeys: 'key-one', baseUrl: server.baseUrl } } });
    answers = { 'key-one': refusing(401) };
    for (let calls = 0; calls < 2; calls += 1) {
      await expect(collect(model, request())).rejects.toMatchObject({ code: 'auth' });
    }
    answers = { 'key-one': refusing(429, { 'retry-after': '60' }) };
    const limited = await collect(model, request()).catch((error: unknown) => error);
    expect(limited).toMatchObject({ code: 'rate_limit', facts: { retryAfterMs: 60_000 } });
    expect(limited).not.toHaveProperty('facts.heldBack');
    await expect(collect(model, request())).rejects.toMatchObject({ facts: { heldBack: true } });
    expect(server.urls).toHaveLength(3);
  });
});
