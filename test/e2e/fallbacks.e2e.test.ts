import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { writingWorkflow } from '../support/writing-workflow.js';

const ATTEMPTS = `query($id: String!) { agentExecution(id: $id) { attempts { model outcome errorCode } } }`;

describe('a fallback', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let own: FaultServer;
  let other: FaultServer;
  let setting: Setting;
  const processes: SpawnedProcess[] = [];

  beforeEach(async () => {
    [temporal, database, own, other] = await Promise.all([
      startTemporalServer(),
      createTestDatabase(),
      startFaultServer(),
      startFaultServer(),
    ]);
    setting = await newSetting({ TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url });
    await start('api');
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await Promise.all([temporal.stop(), own.stop(), other.stop()]);
    await database.drop();
    await setting.remove();
  });

  async function start(command: CommandName): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, setting.environment);
    processes.push(started);
    await started.untilReady();
    return started;
  }

  it(
    'whose worker is killed in the middle of its answer is asked again, and not the provider that had failed',
    { tags: ['worker-killed', 'lost-attempts'] },
    async () => {
      own.behave((_request, response) => {
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
      });
      other.behave((_request, response) => {
        beginStream(response);
        response.write(CHAT.text('All of '));
        if (other.bodies.length > 1) response.end(CHAT.text('it.') + CHAT.finish('stop'));
      });
      const { address } = setting;
      await createAgent(address, {
        id: 'writer',
        name: 'Writer',
        llmProvider: { type: 'custom', model: 'own', baseUrl: own.baseUrl },
        fallbacks: [{ llmProvider: { type: 'custom', model: 'other', baseUrl: other.baseUrl } }],
        prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
      });
      await createWorkflow(address, writingWorkflow());
      const worker = await start('worker');
      const tokenId = await createToken(address, { workflowId: 'writing', data: { topic: 'tides' } });
      const id = await fire(address, { tokenId, transitionId: 'write' });
      await eventually(() => {
        expect(other.bodies).toHaveLength(1);
      });
      await worker.kill();
      await start('worker');
      expect(await settledToken(address, tokenId)).toMatchObject({ place: 'written', data: { text: 'All of it.' } });
      expect(own.bodies).toHaveLength(1);
      expect(await graphql(address, ATTEMPTS, { id })).toMatchObject({
        agentExecution: {
          attempts: [
            { model: 'own', outcome: 'failed', errorCode: 'auth' },
            { model: 'other', outcome: 'lost' },
            { model: 'other', outcome: 'completed' },
          ],
        },
      });
    },
  );
});
