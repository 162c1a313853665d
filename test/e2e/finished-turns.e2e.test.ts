import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, execution, fire, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { OwnProcesses } from '../support/own-processes.js';
import { writingWorkflow } from '../support/writing-workflow.js';

/** Longer than a call may go without a heartbeat: Temporal gives its attempt up. */
const LONG_OUTAGE_MS = 7_000;
const WORKFLOW = writingWorkflow();

describe('a turn that the provider has finished is paid for once', () => {
  let processes: OwnProcesses;
  let provider: FaultServer;
  let finish: () => void;

  beforeEach(async () => {
    [processes, provider] = await Promise.all([OwnProcesses.on(), startFaultServer()]);
    const released = new Promise<void>((resolve) => {
      finish = resolve;
    });
    provider.behave((_, response) => {
      beginStream(response);
      response.write(CHAT.text('All of '));
      void released.then(() => response.end(CHAT.text('it.') + CHAT.finish('stop')));
    });
    await processes.start('api');
  });

  afterEach(async () => {
    await processes.end();
    await provider.stop();
  });

  /** A token whose answer is on its way, all but the end of it. */
  async function almostAnswered(): Promise<{ tokenId: string; executionId: string }> {
    const { address } = processes;
    await createAgent(address, {
      id: 'writer',
      name: 'Writer',
      llmProvider: { type: 'custom', model: 'm', baseUrl: provider.baseUrl },
      prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
    });
    await createWorkflow(address, WORKFLOW);
    const tokenId = await createToken(address, { workflowId: 'writing', data: { topic: 'tides' } });
    const executionId = await fire(address, { tokenId, transitionId: 'write' });
    await eventually(() => {
      expect(provider.bodies).toHaveLength(1);
    });
    return { tokenId, executionId };
  }

  async function expectOneCall({ tokenId, executionId }: { tokenId: string; executionId: string }): Promise<void> {
    const token = await settledToken(processes.address, tokenId);
    expect(token).toMatchObject({ place: 'written', data: { text: 'All of it.' } });
    expect(await execution(processes.address, executionId)).toMatchObject({ finalResponse: 'All of it.' });
    expect(provider.bodies).toHaveLength(1);
  }

  it(
    'when its worker is killed before Temporal has heard of it',
    { tags: ['finished-turns', 'worker-killed'] },
    async () => {
      const worker = await processes.start('worker');
      const ids = await almostAnswered();
      await processes.temporal.freeze();
      finish();
      await turnIsStored(processes.database.url);
      await worker.kill();
      processes.temporal.thaw();
      await processes.start('worker');
      await expectOneCall(ids);
    },
  );

  it(
    'when the Temporal server is killed at that moment, and away for long',
    { tags: ['finished-turns', 'temporal-killed'] },
    async () => {
      await processes.start('worker');
      const ids = await almostAnswered();
      finish();
      processes.temporal.kill();
      await delay(LONG_OUTAGE_MS);
      await processes.temporal.restart();
      await expectOneCall(ids);
    },
  );
});

async function turnIsStored(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await eventually(async () => {
      expect((await client.query('select from circuit_breaker.turns')).rowCount).toBe(1);
    });
  } finally {
    await client.end();
  }
}
