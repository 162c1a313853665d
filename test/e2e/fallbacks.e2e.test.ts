import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { OwnProcesses } from '../support/own-processes.js';
import { writingWorkflow } from '../support/writing-workflow.js';

/** So many in a row open a breaker. */
const FAILURES = 5;
const ATTEMPTS = `query($id: String!) { agentExecution(id: $id) { attempts { model outcome errorCode } } }`;

describe('a fallback', () => {
  let processes: OwnProcesses;
  let own: FaultServer;
  let other: FaultServer;

  beforeEach(async () => {
    [processes, own, other] = await Promise.all([
      OwnProcesses.on({ BREAKER_OPEN_SECONDS: '1' }),
      startFaultServer(),
      startFaultServer(),
    ]);
    await processes.start('api');
  });

  afterEach(async () => {
    await processes.end();
    await Promise.all([own.stop(), other.stop()]);
  });

  async function createWriter(): Promise<void> {
    await createAgent(processes.address, {
      id: 'writer',
      name: 'Writer',
      llmProvider: { type: 'custom', model: 'own', baseUrl: own.baseUrl },
      fallbacks: [{ llmProvider: { type: 'custom', model: 'other', baseUrl: other.baseUrl } }],
      prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
    });
    await createWorkflow(processes.address, writingWorkflow());
  }

  async function begin(): Promise<{ readonly tokenId: string; readonly id: string }> {
    const tokenId = await createToken(processes.address, { workflowId: 'writing', data: { topic: 'tides' } });
    return { tokenId, id: await fire(processes.address, { tokenId, transitionId: 'write' }) };
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
      const { address } = processes;
      await createWriter();
      const worker = await processes.start('worker');
      const { tokenId, id } = await begin();
      await eventually(() => {
        expect(other.bodies).toHaveLength(1);
      });
      await worker.kill();
      await processes.start('worker');
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
      const worker = await processes.start('worker');
      const begun = await Promise.all(Array.from({ length: FAILURES }, begin));
      await eventually(() => {
        expect([own.bodies.length, other.bodies.length]).toEqual([FAILURES + 1, FAILURES - 1]);
      });
      await worker.kill();
      isWell = true;
      await processes.start('worker');
      const { address } = processes;
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
