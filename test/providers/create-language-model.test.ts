import { describe, expect, it } from 'vitest';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { aProvider, aRequest, collect, textOf } from '../support/model-request.js';
import { schemasInThisThread } from '../support/schemas.js';
import { THIS_MACHINE } from '../support/this-machine.js';

const model = createLanguageModel({
  credentials: { accounts: {}, named: new Map(), secrets: [] },
  dispatcher: createDispatcher({ connectionTimeoutMs: 1_000, privateHosts: THIS_MACHINE }),
  schemas: schemasInThisThread,
});

describe('createLanguageModel', () => {
  it('gives a mock provider the mock', async () => {
    const provider = aProvider({ type: 'mock', options: { delayMs: 0, responses: ['scripted'] } });
    expect(textOf(await collect(model, aRequest({ provider })))).toBe('scripted');
  });

  it('calls nobody for a provider that should not have been stored', async () => {
    const call = async () =>
      collect(model, aRequest({ provider: aProvider({ headers: { authorization: 'Bearer sk-1' } }) }));
    await expect(call()).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('/headers/') as string,
    });
  });
});
