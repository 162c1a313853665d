import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { AgUiPage } from '../support/ag-ui-page.js';
import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

/** A tool that notes its effects in a file. */
const MODULE = `
import { appendFile } from 'node:fs/promises';
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

export const refund = defineTool({
  name: 'refund',
  description: 'Refunds.',
  input: z.object({ amount: z.number() }),
  needsApproval: true,
  run: async ({ amount }, { idempotencyKey }) => {
    await appendFile(process.env.TOOLS_DIR + '/effects.txt', idempotencyKey + ' ' + amount + '\\n');
    return { refunded: amount };
  },
});
`;

interface Waiting {
  readonly executionId: string;
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: object;
  readonly execution: { readonly status: string; readonly tokenId: string };
}

const INBOX = `{ approvals { nodes {
  executionId toolCallId toolName arguments execution { status tokenId }
} } }`;

describe(
  'an approval that waits while worker, API and Temporal are all killed and started again',
  { tags: ['all-killed', 'on-postgres'] },
  () => {
    let temporal: TestTemporalServer;
    let database: TestDatabase;
    let folder: string;
    let setting: Setting;
    const processes: SpawnedProcess[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-approvals-'));
      await writeFile(join(folder, 'refund.mjs'), MODULE);
      [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
      setting = await newSetting({
        TEMPORAL_ADDRESS: temporal.address,
        STORAGE_URL: database.url,
        TOOLS_DIR: folder,
      });
      await startProcesses();
      await saveRefund();
      for (const id of ['ticket-1', 'ticket-2', 'ticket-3']) await begin(id);
      await eventually(async () => {
        expect(await waitingIds()).toEqual(['ticket-1:refund:1', 'ticket-2:refund:1', 'ticket-3:refund:1']);
      });
      await Promise.all(processes.splice(0).map((one) => one.kill()));
      temporal.kill();
      await temporal.restart();
      await startProcesses();
    });

    afterAll(async () => {
      await Promise.all(processes.splice(0).map((one) => one.kill()));
      await temporal.stop();
      await database.drop();
      await setting.remove();
      await rm(folder, { recursive: true, force: true });
    });

    async function startProcesses(): Promise<void> {
      for (const command of ['worker', 'api'] as const) {
        const started = SpawnedProcess.start(command, setting.environment);
        processes.push(started);
        await started.untilReady();
      }
    }

    async function saveRefund(): Promise<void> {
      const responses = [
        { toolCalls: [{ name: 'refund', arguments: { amount: 7 } }], text: 'I ask first.' },
        'Settled.',
      ];
      await createAgent(setting.address, {
        id: 'refunder',
        name: 'Refunder',
        llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } },
        prompts: { system: 'You refund.', userTemplate: 'Refund {input_data}' },
        tools: ['refund'],
      });
      const agentExecution = { agentId: 'refunder', outputMapping: { 'data.said': 'response' } };
      await createWorkflow(setting.address, {
        id: 'tickets',
        name: 'Tickets',
        places: ['open', 'closed'],
        initialPlace: 'open',
        transitions: [{ id: 'refund', fromPlaces: ['open'], toPlace: 'closed', agentExecution }],
      });
    }

    async function begin(id: string): Promise<void> {
      await createToken(setting.address, { id, workflowId: 'tickets', data: {} });
      await fire(setting.address, { tokenId: id, transitionId: 'refund' });
    }

    async function inbox(): Promise<readonly Waiting[]> {
      const { approvals } = await graphql<{ approvals: { nodes: readonly Waiting[] } }>(setting.address, INBOX);
      return approvals.nodes;
    }

    const waitingIds = async () => (await inbox()).map(({ executionId }) => executionId).sort();

    async function waitingCall(executionId: string): Promise<Waiting> {
      const call = (await inbox()).find((one) => one.executionId === executionId);
      if (call === undefined) throw new Error(`nobody is asked about ${executionId}`);
      return call;
    }

    const effects = async () => await readFile(join(folder, 'effects.txt'), 'utf8').catch(() => '');

    /** The whole stream, read by somebody who comes when all is over. */
    async function streamOf(id: string): Promise<readonly StreamEvent[]> {
      const response = await fetch(`${setting.address}/agent-stream/${id}`, {
        headers: { accept: 'text/event-stream' },
      });
      const blocks = (await response.text()).split('\n\n').flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? []);
      return blocks.map((block) => JSON.parse(block) as StreamEvent);
    }

    it('is given through the API: the call is made once, its token moves, and viewers have the stored text', async () => {
      const id = 'ticket-1:refund:1';
      const call = await waitingCall(id);
      expect(call).toMatchObject({
        ...{ toolName: 'refund', arguments: { amount: 7 } },
        execution: { status: 'WAITING_FOR_APPROVAL', tokenId: 'ticket-1' },
      });
      const page = new AgUiPage(setting.address, id);
      await page.run();
      expect(page.agent.pendingInterrupts).toMatchObject([
        { id: call.toolCallId, metadata: { executionId: id, toolName: 'refund', arguments: { amount: 7 } } },
      ]);
      const approve = `mutation ($id: String!, $call: String!) {
      approveToolCall(executionId: $id, toolCallId: $call, arguments: { amount: 5 }) { pendingApprovals { toolCallId } }
    }`;
      const answer = await graphql(setting.address, approve, { id, call: call.toolCallId });
      expect(answer).toEqual({ approveToolCall: { pendingApprovals: [] } });
      const token = await settledToken(setting.address, 'ticket-1');
      expect(token).toMatchObject({ place: 'closed', data: { said: 'Settled.' } });
      expect(await effects()).toBe(`${id}:1:0 5\n`);
      await page.run({ resume: [{ interruptId: call.toolCallId, status: 'resolved' }] });
      expect(page.shown).toEqual([
        ['assistant', 'I ask first.'],
        ['tool', '{"refunded":5}'],
        ['assistant', 'Settled.'],
      ]);
      const events = await streamOf(id);
      expect(events).toContainEqual(
        expect.objectContaining({ eventType: 'thinking', status: 'waiting_for_approval', toolCallId: call.toolCallId }),
      );
      expect(events.at(-1)).toMatchObject({ eventType: 'completed', final_response: 'Settled.' });
      const query = `query ($id: String!) { agentExecution(id: $id) {
      finalResponse status approvals { arguments decision { decision arguments reason stop } }
    } }`;
      expect(await graphql(setting.address, query, { id })).toEqual({
        agentExecution: {
          finalResponse: 'Settled.',
          status: 'COMPLETED',
          approvals: [
            {
              arguments: { amount: 7 },
              decision: { decision: 'approved', arguments: { amount: 5 }, reason: null, stop: false },
            },
          ],
        },
      });
    });

    it('is refused by a plain Temporal client, by the id of the execution alone', async () => {
      const connection = await Connection.connect({ address: temporal.address });
      try {
        const handle = new Client({ connection }).workflow.getHandle('ticket-2:refund:1');
        const [call] = await handle.query<readonly Waiting[]>('pendingApprovals');
        await handle.executeUpdate('rejectToolCall', { args: [{ toolCallId: call?.toolCallId, reason: 'Too much.' }] });
        expect(await handle.result()).toMatchObject({ response: 'Settled.' });
        expect(await settledToken(setting.address, 'ticket-2')).toMatchObject({ place: 'closed' });
        expect(await effects()).not.toContain('ticket-2');
      } finally {
        await connection.close();
      }
    });

    it('is out of the inbox when its token is cancelled', async () => {
      const id = 'ticket-3:refund:1';
      const { toolCallId } = await waitingCall(id);
      await graphql(setting.address, 'mutation { cancelToken(id: "ticket-3") { status } }');
      await eventually(async () => {
        expect(await waitingIds()).not.toContain(id);
      });
      const late = `mutation ($call: String!) { approveToolCall(executionId: "${id}", toolCallId: $call) { status } }`;
      await expect(graphql(setting.address, late, { call: toolCallId })).rejects.toThrow('ALREADY_DECIDED');
      expect((await streamOf(id)).at(-1)).toMatchObject({ eventType: 'failed', status: 'cancelled' });
      expect(await effects()).not.toContain('ticket-3');
    });
  },
);
