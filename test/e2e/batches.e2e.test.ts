import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { createAgent, execution, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { OpenAiBatchServer } from '../support/openai-batch-server.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const AGENT = {
  id: 'analyst',
  name: 'Analyst',
  llmProvider: { type: 'openai', model: 'm' },
  prompts: { system: 'You analyse.', userTemplate: '{text}' },
  delivery: 'batch',
};
const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';

describe('a batch whose worker dies', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let provider: OpenAiBatchServer;
  let setting: Setting;
  const processes: SpawnedProcess[] = [];

  beforeEach(async () => {
    provider = new OpenAiBatchServer();
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      OPENAI_BASE_URL: await provider.start(),
      OPENAI_API_KEY: 'sk-batches',
      BATCH_WINDOW_SECONDS: '2',
      BATCH_POLL_SECONDS: '1',
    });
    await start('api');
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await temporal.stop();
    await provider.stop();
    await database.drop();
    await setting.remove();
  });

  async function start(command: CommandName): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, setting.environment);
    processes.push(started);
    await started.untilReady();
    return started;
  }

  async function execute(id: string): Promise<void> {
    const input = { id, agentId: 'analyst', input: { text: `question ${id}` } };
    await graphql(setting.address, EXECUTE, { input });
  }

  it(
    'after the provider took it, and before anybody here heard of that, is not submitted twice',
    { tags: 'worker-killed' },
    async () => {
      const worker = await start('worker');
      await createAgent(setting.address, AGENT);
      provider.isMute = true;
      const ids = ['one', 'two', 'three'];
      for (const id of ids) await execute(id);
      await eventually(() => {
        expect(provider.batches).toHaveLength(1);
      });
      worker.signal('SIGKILL');
      provider.isMute = false;
      await start('worker');
      const answers = await eventually(async () => {
        const found = await Promise.all(ids.map((id) => execution(setting.address, id)));
        expect(found.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
        return found.map(({ finalResponse }) => finalResponse);
      });
      expect(answers).toEqual(ids.map((id) => `Answer to question ${id}`));
      expect(provider.batches.map(({ lines }) => lines.length)).toEqual([3]);
      expect([provider.streams, provider.lists]).toEqual([0, 2]);
    },
  );
});
