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

/** So many in a row open a breaker. */
const FAILURES = 5;
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
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      BREAKER_OPEN_SECONDS: '1',
    });
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

  async function createWriter(): Promise<void> {
    await createAgent(setting.address, {
      id: 'writer',
      name: 'Writer',
      llmProvider: { type: 'custom', model: 'own', baseUrl: own.baseUrl },
      fallbacks: [{ llmProvider: { type: 'custom', model: 'other', baseUrl: other.baseUrl } }],
      prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
    });
    await createWorkflow(setting.address, writingWorkflow());
  }

  async function begin(): Promise<{ readonly tokenId: string; readonly id: string }> {
    const tokenId = await createToken(setting.address, { workflowId: 'writing', data: { topic: 'tides' } });
    return { tokenId, id: await fire(setting.address, { tokenId, transitionId: 'write' }) };
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
      await createWriter();
      const worker = await start('worker');
      const { tokenId, id } = await begin();
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

  it(
    'goes on where the worker is killed whose call tries whether the provider is well again, and another call tries later',
    { tags: 'worker-killed' },
    async () => {
      const whole = CHAT.text('All of it.') + CHAT.finish('stop');
      let isWell = false;
      own.behave((_request, response) => {
        if (own.bodies.length <= FAILURES) {
          response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
          return;
        }
        beginStream(response);
        if (isWell) response.end(whole);
        else response.write(CHAT.text('All '));
      });
      other.behave((_request, response) => {
        beginStream(response);
        response.end(whole);
      });
      await createWriter();
      const worker = await start('worker');
      const begun = await Promise.all(Array.from({ length: FAILURES }, begin));
      await eventually(() => {
        expect([own.bodies.length, other.bodies.length]).toEqual([FAILURES + 1, FAILURES - 1]);
      });
      await worker.kill();
      isWell = true;
      await start('worker');
      const { address } = setting;
      const tokens = await Promise.all(begun.map(({ tokenId }) => settledToken(address, tokenId)));
      expect(tokens.map(({ place }) => place)).toEqual(begun.map(() => 'written'));
      await eventually(async () => {
        const { tokenId, id } = await begin();
        expect(await settledToken(address, tokenId)).toMatchObject({ place: 'written' });
        expect(await graphql(address, ATTEMPTS, { id })).toMatchObject({
          agentExecution: { attempts: [{ model: 'own', outcome: 'completed' }] },
        });
      });
      await eventually(async () => {
        const { llmProviders } = await graphql<{ llmProviders: readonly { type: string }[] }>(
          address,
          '{ llmProviders { type breaker { model } } }',
        );
        expect(llmProviders.filter(({ type }) => type === 'custom')).toEqual([]);
      });
    },
  );
});
