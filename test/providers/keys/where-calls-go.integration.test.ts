import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';
import { createLanguageModel } from '../../../src/providers/create-language-model.js';
import { createDispatcher } from '../../../src/providers/connection/dispatcher.js';
import type { LanguageModel } from '../../../src/providers/language-model.js';
import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import { beginStream, startFaultServer, type FaultServer } from '../../support/fault-server.js';
import { schemasInThisThread } from '../../support/schemas.js';
import { aProvider, aRequest, collect } from '../../support/model-request.js';
import { CHAT, RESPONSES } from '../formats/contract/wire-under-test.js';
import { THIS_MACHINE } from '../../support/this-machine.js';

describe('a call', () => {
  let server: FaultServer;
  let dispatcher: Dispatcher;
  let model: LanguageModel;

  beforeAll(async () => {
    server = await startFaultServer();
    server.behave((request, response) => {
      beginStream(response);
      const wire = request.url?.includes('/responses') === true ? RESPONSES : CHAT;
      response.end(wire.text('Yes') + wire.finish('stop'));
    });
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
    const credentials = { CREDENTIAL_AZURE: 'secret-azure', CREDENTIAL_AZURE_HOSTS: new URL(server.root).host };
    model = createLanguageModel({
      credentials: readCredentials({ accounts: { openai: { baseUrl: `${server.root}/v1` } }, credentials }),
      dispatcher,
      schemas: schemasInThisThread,
    });
  });

  afterAll(async () => {
    await dispatcher.destroy();
    await server.stop();
  });

  const going = async (fields: Parameters<typeof aProvider>[0]) => {
    await collect(model, aRequest({ provider: aProvider({ type: 'openai', model: 'gpt-4o', ...fields }) }));
    return { url: server.urls.at(-1), headers: server.headers.at(-1) ?? {} };
  };

  it('to OPENAI_BASE_URL is a Chat Completion: a server that copies OpenAI copies that', async () => {
    const { url } = await going({ baseUrl: `${server.root}/v1` });
    expect(url).toBe('/v1/chat/completions');
  });

  it('is one of the Responses API where the agent says so', async () => {
    const { url } = await going({ baseUrl: `${server.root}/v1/`, options: { api: 'responses' } });
    expect(url).toBe('/v1/responses');
  });

  it('to Azure names the deployment and the version, and carries the key in the way of Azure', async () => {
    const azure = { baseUrl: server.root, credential: 'CREDENTIAL_AZURE' };
    const { url, headers } = await going({ ...azure, options: { apiVersion: '2025-01-01', deployment: 'my-dep' } });
    expect(url).toBe('/openai/deployments/my-dep/chat/completions?api-version=2025-01-01');
    expect(headers).toMatchObject({ 'api-key': 'secret-azure' });
    expect(headers).not.toHaveProperty('authorization');
  });
});
