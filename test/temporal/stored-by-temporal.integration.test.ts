import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../../src/contract/messages.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { asks, AskingModel } from '../support/asking-model.js';
import { anAgent, anAgentTransition, aTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { temporalFilesWith } from '../support/temporal-files.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { HANG, ScriptedModel } from '../support/scripted-model.js';
import { gatewayOf, quietRuntime, startWorkerOn, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Of the deed that is under way: each has a text of its own, so that none is found for another. */
let document = 'planted-at-first-0123456789';

/** Fails with the document, for good or for now, or says nothing, where it is told to; else asks for the tool, and then says the document. */
class Indiscreet implements LanguageModel {
  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const { content = '' } = request.messages.find(({ role }) => role === 'user') ?? {};
    if (content.includes('FOR GOOD')) throw new ModelError('invalid_request', `${document} is refused`);
    if (content.includes('FOR NOW')) throw new ModelError('server', `${document} later`, { retryAfterMs: 10_000 });
    if (content.includes('HANG')) yield* new ScriptedModel([HANG]).stream(request, signal);
    const model = new AskingModel();
    model.steps = request.messages.some(({ role }) => role === 'tool')
      ? [document]
      : [asks(['tell', { text: document }])];
    yield* model.stream(request);
  }
}

const tell = defineTool({
  ...{ name: 'tell', description: `Tells ${document}.`, input: z.object({ text: z.string() }), needsApproval: true },
  run: ({ text }) => {
    throw new Error(`${text} cannot be told`);
  },
});

const transition = (id: string, text: string) =>
  aTransition({
    ...{ id, fromPlaces: ['submitted'], toPlace: 'reviewed' },
    agentExecution: anAgentTransition({
      inputMapping: { text: `data.${text}` },
      outputMapping: { 'data.said': 'response' },
    }),
  });

const WORKFLOW = aWorkflow({
  description: document,
  transitions: [
    transition('fail', 'forGood'),
    transition('again', 'forNow'),
    transition('hang', 'hang'),
    transition('tell', 'text'),
  ],
});

let temporal: TestTemporalServer;
let under: WorkerUnderTest;

async function started(keys: readonly { id: string; bytes: Uint8Array }[]): Promise<void> {
  quietRuntime();
  temporal = await startTemporalServer();
  under = await startWorkerOn(temporal, new Indiscreet(), { payloadKeys: keys, tools: [tell] });
  const agent = anAgent({ tools: ['tell'], prompts: { system: document, userTemplate: '{text}' } });
  await under.storage.agents.create('reviewer', agent, NOW);
  await under.storage.workflows.save('review', WORKFLOW, { hash: 'h', now: NOW });
}

async function pendingOf(workflowId: string) {
  const { raw } = await under.client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.[0] ?? {};
}

const isIn = async () => (await temporalFilesWith(temporal.dataDir, [document])).length > 0;

/** A token whose start, by our client, says the document wherever a start may say something. */
async function aToken(workflowId: string) {
  const data = {
    text: document,
    forGood: `${document} FOR GOOD`,
    forNow: `${document} FOR NOW`,
    hang: `${document} HANG`,
  };
  return await under.client.workflow.start(TOKEN_LIFECYCLE, {
    ...{ taskQueue: under.taskQueue, workflowId, args: [{ workflowId: 'review', data, metadata: { note: document } }] },
    ...{ memo: { note: document }, staticSummary: document, staticDetails: document },
  });
}

const fire = (token: Awaited<ReturnType<typeof aToken>>, transitionId: string) =>
  token.executeUpdate('fire', { args: [{ transitionId, data: { more: document } }] });

/** One after the other, everything that may bring a document to Temporal. */
const DEEDS: Readonly<Record<string, () => Promise<void>>> = {
  'updates, queries and signals, and what is refused of them': async () => {
    const token = await aToken('told');
    await token.executeUpdate('updateToken', { args: [{ metadata: { note: document } }] });
    await expect(token.executeUpdate('fire', { args: [{ transitionId: document }] })).rejects.toThrow();
    await expect(token.query('acceptedFire', { transitionId: 'x', idempotencyKey: document })).resolves.toBeNull();
    await token.signal('fireTransition', { transitionId: document });
    await token.executeUpdate('cancel', { args: [{ reason: document }] }).catch(() => undefined);
  },
  'failures for good, and the incident of the token': async () => {
    const token = await aToken('failed');
    await fire(token, 'fail');
    await eventually(async () => {
      expect(await token.query('token')).toMatchObject({
        incident: { message: expect.stringContaining(document) as string },
      });
    });
  },
  'attempts that are tried again later': async () => {
    await fire(await aToken('again'), 'again');
    await eventually(async () => {
      expect(await pendingOf('again:again:1')).toMatchObject({ lastFailure: expect.anything() as unknown });
    });
  },
  heartbeats: async () => {
    await fire(await aToken('running'), 'hang');
    const workflowId = 'running:hang:1';
    const { activityId = '' } = await eventually(async () => {
      const pending = await pendingOf(workflowId);
      expect(pending.lastStartedTime).toBeTruthy();
      return pending;
    });
    // Those of ours say numbers and codes only. This is one of the test's own.
    await under.client.activity.heartbeat({ workflowId, activityId: activityId ?? '' }, { note: document });
    expect(await pendingOf(workflowId)).toMatchObject({ heartbeatDetails: expect.anything() as unknown });
  },
  'calls that people approve, their failures, and answers': async () => {
    const token = await aToken('approved');
    await fire(token, 'tell');
    const executionId = 'approved:tell:1';
    await eventually(async () => {
      const [calls] = await under.storage.tools.approvals([executionId]);
      expect(calls).toHaveLength(1);
    });
    const approval = { toolCallId: 'c0', arguments: { text: `${document}!` } };
    await under.client.workflow.getHandle(executionId).executeUpdate('approveToolCall', { args: [approval] });
    await eventually(async () => {
      expect(await token.query('token')).toMatchObject({ place: 'reviewed', data: { said: document } });
    });
  },
  'executions of their own, and reasons of cancellations': async () => {
    const args = [{ executionId: 'own', agentId: 'reviewer', input: { text: document } }];
    await under.client.workflow.start(AGENT_EXECUTION, { taskQueue: under.taskQueue, workflowId: 'own', args });
    await eventually(async () => {
      expect(await under.storage.executions.get('own')).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
    });
    expect(await gatewayOf(under).cancelExecution('own', document)).toBe(true);
    await under.client.workflow
      .getHandle('own')
      .result()
      .catch(() => undefined);
  },
};

let deeds = 0;

describe.each([
  ['with keys', [{ id: 'k', bytes: new Uint8Array(32).fill(7) }], false],
  ['without keys, by this test', [], true],
])('a document in the database of Temporal, %s', (_how, keys, isFound) => {
  beforeAll(() => started(keys));
  afterAll(async () => {
    await under.stop();
  });

  it.each(Object.keys(DEEDS))(`is ${isFound ? '' : 'not '}found after: %s`, async (deed) => {
    document = `planted-by-deed-${(deeds += 1)}-0123456789`;
    await DEEDS[deed]?.();
    await eventually(async () => {
      expect(await isIn()).toBe(isFound);
    });
  });
});
