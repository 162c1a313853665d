import type { Dispatcher } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { PROVIDER_TYPES } from '../../../src/core/agents/agent.js';
import type { HostRule } from '../../../src/core/web-hosts.js';
import type { LookUp } from '../../../src/http/judged-connect.js';
import { createDispatcher } from '../../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../../src/providers/create-language-model.js';
import { placesOf } from '../../../src/providers/keys/host-bound-keys.js';
import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import { beginStream, startFaultServer, type FaultServer } from '../../support/fault-server.js';
import { aProvider, aRequest, collect, textOf } from '../../support/model-request.js';
import { schemasInThisThread } from '../../support/schemas.js';
import { CHAT } from '../formats/contract/wire-under-test.js';

/** Every name means this machine. */
const lookup: LookUp = (_name, _options, done) => {
  done(null, [{ address: '127.0.0.1', family: 4 }]);
};

describe('a model at an inner address', () => {
  let server: FaultServer;
  let port: string;
  const dispatchers: Dispatcher[] = [];

  beforeAll(async () => {
    server = await startFaultServer();
    server.behave((_, response) => {
      beginStream(response);
      response.end(CHAT.text('Yes') + CHAT.finish('stop'));
    });
    ({ port } = new URL(server.root));
  });
  afterEach(async () => {
    await Promise.all(dispatchers.splice(0).map((one) => one.destroy()));
  });
  afterAll(() => server.stop());

  function modelWith(accounts: object, privateHosts: readonly HostRule[] = []) {
    const credentials = readCredentials({
      accounts,
      credentials: { CREDENTIAL_A: 'planted', CREDENTIAL_A_HOSTS: '127.0.0.1,localhost,gateway.example' },
    });
    const allowed = [...privateHosts, ...placesOf(credentials)];
    const dispatcher = createDispatcher({ connectionTimeoutMs: 1000, privateHosts: allowed, lookup });
    dispatchers.push(dispatcher);
    return createLanguageModel({ credentials, dispatcher, schemas: schemasInThisThread });
  }

  const types = PROVIDER_TYPES.filter((type) => type !== 'mock');
  const hosts = ['127.0.0.1', 'localhost', '2130706433'];
  it.each(types.flatMap((type) => hosts.map((host) => [type, host] as const)))(
    'of the provider %s at %s is not called, and its key goes nowhere',
    async (type, host) => {
      const before = server.opened;
      const provider = aProvider({ type, baseUrl: `http://${host}:${port}`, credential: 'CREDENTIAL_A' });
      await expect(collect(modelWith({}), aRequest({ provider }))).rejects.toMatchObject({
        code: 'host_forbidden',
        message: expect.stringMatching(/has no public address, and ALLOWED_PRIVATE_HOSTS does not name it/) as string,
      });
      expect(server.opened).toBe(before);
    },
  );

  it('is not called under a public name that leads there', async () => {
    const before = server.opened;
    const provider = aProvider({ baseUrl: `http://gateway.example:${port}/v1` });
    await expect(collect(modelWith({}), aRequest({ provider }))).rejects.toMatchObject({ code: 'host_forbidden' });
    expect(server.opened).toBe(before);
  });

  it('is called where whoever runs the process has put the provider, for all agents, at that port', async () => {
    const model = modelWith({ openai: { baseUrl: `http://gateway.example:${port}/v1` } });
    const { baseUrl: _, ...own } = aProvider({ type: 'openai' });
    for (const provider of [own, aProvider({ baseUrl: `http://gateway.example:${port}/other` })]) {
      expect(textOf(await collect(model, aRequest({ provider })))).toBe('Yes');
    }
    const elsewhere = aProvider({ baseUrl: `http://gateway.example:${Number(port) - 1}/v1` });
    await expect(collect(model, aRequest({ provider: elsewhere }))).rejects.toMatchObject({ code: 'host_forbidden' });
  });

  it('is not called by way of a redirect either', async () => {
    const other = await startFaultServer();
    server.behave((_, response) => void response.writeHead(307, { location: `${other.root}/v1` }).end());
    const model = modelWith({ openai: { baseUrl: `${server.root}/v1` } });
    const provider = aProvider({ baseUrl: `${server.root}/v1` });
    await expect(collect(model, aRequest({ provider }))).rejects.toMatchObject({ code: 'invalid_request' });
    expect(other.opened).toBe(0);
    await other.stop();
  });
});
