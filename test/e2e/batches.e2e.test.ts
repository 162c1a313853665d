import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAgent, execution, graphql } from '../support/api-client.js';
import { BATCH_PROVIDERS, startBatchProviders, type BatchProviders } from '../support/batch-servers/batch-providers.js';
import { BATCH_KEY } from '../support/batch-servers/batch-server.js';
import { eventually } from '../support/eventually.js';
import { OwnProcesses } from '../support/own-processes.js';

const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';

function anAnalyst(type: string) {
  return {
    id: `analyst-${type}`,
    name: 'Analyst',
    llmProvider: { type, model: 'm' },
    llmConfig: { maxTokens: 100 },
    prompts: { system: 'You analyse.', userTemplate: '{text}' },
    delivery: 'batch',
  };
}

describe('a batch whose worker dies', () => {
  let processes: OwnProcesses;
  let providers: BatchProviders;

  beforeEach(async () => {
    providers = await startBatchProviders();
    processes = await OwnProcesses.on({
      OPENAI_BASE_URL: providers.baseUrls.openai,
      OPENAI_API_KEY: BATCH_KEY,
      ANTHROPIC_BASE_URL: providers.baseUrls.anthropic,
      ANTHROPIC_API_KEY: BATCH_KEY,
      GOOGLE_BASE_URL: providers.baseUrls.google,
      GOOGLE_API_KEY: BATCH_KEY,
      BATCH_WINDOW_SECONDS: '8',
      BATCH_POLL_SECONDS: '1',
    });
    await processes.start('api');
  });

  afterEach(async () => {
    await processes.end();
    await providers.stop();
  });

  async function execute(type: string, text: string): Promise<string> {
    const id = `${type}-${text}`;
    const input = { id, agentId: `analyst-${type}`, input: { text: `question ${text}` } };
    await graphql(processes.address, EXECUTE, { input });
    return id;
  }

  it(
    'after a provider took it, and before anybody here heard of that, is not submitted twice, whatever provider it is',
    { tags: 'worker-killed' },
    async () => {
      const worker = await processes.start('worker');
      const ids: string[] = [];
      for (const type of BATCH_PROVIDERS) {
        await createAgent(processes.address, anAnalyst(type));
        providers[type].silence = 'mute';
        for (const text of ['one', 'two', 'three']) ids.push(await execute(type, text));
      }
      await eventually(() => {
        expect(providers.servers.map(({ batches }) => batches.length)).toEqual([1, 1, 1]);
      });
      worker.signal('SIGKILL');
      for (const server of providers.servers) server.silence = 'none';
      await processes.start('worker');
      const answers = await eventually(async () => {
        const found = await Promise.all(ids.map((id) => execution(processes.address, id)));
        expect(found.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
        return found.map(({ finalResponse }) => finalResponse);
      });
      expect(answers).toEqual(ids.map((id) => `Answer to question ${id.replace(/^\w+-/, '')}`));
      expect(providers.servers.map(({ batches }) => batches.map(({ lines }) => lines.length))).toEqual([[3], [3], [3]]);
      expect(providers.servers.map(({ streams }) => streams)).toEqual([0, 0, 0]);
      expect(providers.servers.every(({ lists }) => lists > 0)).toBe(true);
    },
  );
});
