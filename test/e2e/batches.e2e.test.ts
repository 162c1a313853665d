import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAgent, execution, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { OpenAiBatchServer } from '../support/openai-batch-server.js';
import { OwnProcesses } from '../support/own-processes.js';

const AGENT = {
  id: 'analyst',
  name: 'Analyst',
  llmProvider: { type: 'openai', model: 'm' },
  prompts: { system: 'You analyse.', userTemplate: '{text}' },
  delivery: 'batch',
};
const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';

describe('a batch whose worker dies', () => {
  let processes: OwnProcesses;
  let provider: OpenAiBatchServer;

  beforeEach(async () => {
    provider = new OpenAiBatchServer();
    processes = await OwnProcesses.on({
      OPENAI_BASE_URL: await provider.start(),
      OPENAI_API_KEY: 'sk-batches',
      BATCH_WINDOW_SECONDS: '2',
      BATCH_POLL_SECONDS: '1',
    });
    await processes.start('api');
  });

  afterEach(async () => {
    await processes.end();
    await provider.stop();
  });

  async function execute(id: string): Promise<void> {
    const input = { id, agentId: 'analyst', input: { text: `question ${id}` } };
    await graphql(processes.address, EXECUTE, { input });
  }

  it(
    'after the provider took it, and before anybody here heard of that, is not submitted twice',
    { tags: 'worker-killed' },
    async () => {
      const worker = await processes.start('worker');
      await createAgent(processes.address, AGENT);
      provider.isMute = true;
      const ids = ['one', 'two', 'three'];
      for (const id of ids) await execute(id);
      await eventually(() => {
        expect(provider.batches).toHaveLength(1);
      });
      worker.signal('SIGKILL');
      provider.isMute = false;
      await processes.start('worker');
      const answers = await eventually(async () => {
        const found = await Promise.all(ids.map((id) => execution(processes.address, id)));
        expect(found.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
        return found.map(({ finalResponse }) => finalResponse);
      });
      expect(answers).toEqual(ids.map((id) => `Answer to question ${id}`));
      expect(provider.batches.map(({ lines }) => lines.length)).toEqual([3]);
      expect([provider.streams, provider.lists]).toEqual([0, 2]);
    },
  );
});
