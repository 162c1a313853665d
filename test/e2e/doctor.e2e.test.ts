import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { graphql } from '../support/api-client.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { SpawnedProcess } from '../support/spawned-process.js';

const KEY = 'sk-planted-0123456789';

async function doctor(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const run = SpawnedProcess.start('src/cli/main.ts', environment, ['doctor']);
  const code = await run.exit();
  return { code, output: run.output };
}

describe('circuit-breaker doctor', () => {
  let provider: Server;
  let setting: Setting;

  beforeAll(async () => {
    provider = createServer((request, response) => {
      const isKnown = request.headers.authorization === `Bearer ${KEY}`;
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isKnown ? { data: [{ id: 'model-a' }] } : { error: { message: 'who are you' } }));
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const address = provider.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    setting = await newSetting({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: KEY });
  });

  afterAll(async () => {
    provider.close();
    await setting.remove();
  });

  it('says that all is there, which models the key may use, and where credentials go, and shows no secret', async () => {
    const named = { CREDENTIAL_A: KEY, CREDENTIAL_A_HOSTS: 'a.example.com', CREDENTIAL_B: KEY };
    const { code, output } = await doctor({ ...setting.environment, ...named });
    expect(output).toMatch(/ok +openai +It answers, and offers 1 model. E.g. model-a/);
    expect(output).toMatch(/ok +credential +CREDENTIAL_A may go to a.example.com/);
    expect(output).toMatch(/note +credential +CREDENTIAL_B goes nowhere/);
    expect(output).toContain('Ready to start');
    expect(output).not.toContain(KEY);
    expect(code).toBe(0);
  });

  it('says what a start would fail on, and fails itself', async () => {
    const broken = { STORAGE_URL: 'postgres://me:hidden-password@127.0.0.1:9/x', OPENAI_API_KEY: 'sk-wrong-key' };
    const { code, output } = await doctor({ ...setting.environment, ...broken });
    expect(output).toMatch(/FAIL +storage +PostgreSQL at 127.0.0.1:9/);
    expect(output).toMatch(/note +openai +does not work: .*Check OPENAI_API_KEY/);
    expect(output).not.toMatch(/hidden-password|sk-wrong-key/);
    expect(code).toBe(1);
  });

  it('sees what runs already, which knows the same of its providers', async () => {
    const everything = await startEverything(setting);
    const { code, output } = await doctor(setting.environment);
    expect(output).toMatch(/note +api +one of ours answers/);
    expect(output).toMatch(/ok +temporal +our dev server runs/);
    expect(output).toMatch(/note +storage .* in use by our server that runs/);
    expect(code).toBe(0);
    const { llmProviders } = await graphql<{ llmProviders: readonly { type: string }[] }>(
      setting.address,
      '{ llmProviders { type baseUrl works errorCode message models } }',
    );
    expect(llmProviders.find(({ type }) => type === 'openai')).toMatchObject({ works: true, models: ['model-a'] });
    await everything.stop();
  });
});
