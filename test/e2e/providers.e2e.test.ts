import type { FixtureFileEntry } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startAimock, type AimockProcess } from '../support/aimock-process.js';
import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { report } from '../support/report.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { streamFaults, StreamViewer } from '../support/stream-viewer.js';

const FIXTURES = [
  { match: { userMessage: 'cannot be used' }, response: { content: '{"grade": 7}' } },
  { match: { userMessage: 'Grade' }, response: { content: 'I would say: seven.' } },
  { match: { userMessage: 'Ramble' }, response: { content: 'word '.repeat(2000) }, latency: 20 },
] as unknown as readonly FixtureFileEntry[];

/** How each is named in an agent; where its server is, the environment says. */
const PROVIDERS = [
  ['openai', { type: 'openai', model: 'gpt-4o' }],
  ['openai-responses', { type: 'openai', model: 'gpt-5', options: { api: 'responses' } }],
  ['anthropic', { type: 'anthropic', model: 'claude-sonnet-4-5' }],
  ['google', { type: 'google', model: 'gemini-2.5-flash' }],
  ['ollama', { type: 'ollama', model: 'llama3.2' }],
] as const;

interface Attempt {
  readonly turn: number;
  readonly outcome: string;
  readonly providerRequestId: string | null;
  readonly queuedMs: number | null;
  readonly characters: number | null;
}

describe('an agent on each provider', () => {
  let aimock: AimockProcess;
  let setting: Setting;
  let everything: SpawnedProcess;

  beforeAll(async () => {
    aimock = await startAimock({ chunkSize: 5 });
    await aimock.addFixtures(FIXTURES);
    const root = aimock.baseUrl.replace(/\/v1$/, '');
    setting = await newPreparedSetting({
      OPENAI_BASE_URL: aimock.baseUrl,
      ANTHROPIC_BASE_URL: root,
      GOOGLE_BASE_URL: root,
      OLLAMA_BASE_URL: root,
    });
    everything = await startEverything(setting);
  });

  afterAll(async () => {
    await everything.stop();
    await aimock.stop();
    await setting.remove();
  });

  async function agent(id: string, llmProvider: object, asks: string): Promise<void> {
    const prompts = { system: 'You grade.', userTemplate: `${asks} {input_data}` };
    await createAgent(setting.address, { id, name: id, llmProvider, prompts });
  }

  it.each(PROVIDERS)(
    '%s: prose is repaired into the structured answer that moves the token',
    async (name, provider) => {
      const { address } = setting;
      await agent(`grader-${name}`, provider, 'Grade');
      await createWorkflow(address, {
        id: `grading-${name}`,
        name: `Grading by ${name}`,
        places: ['new', 'graded'],
        initialPlace: 'new',
        transitions: [
          {
            id: 'grade',
            fromPlaces: ['new'],
            toPlace: 'graded',
            agentExecution: { agentId: `grader-${name}`, outputMapping: { 'data.grade': 'grade' } },
          },
        ],
      });
      const tokenId = await createToken(address, { workflowId: `grading-${name}`, data: { text: 'tides' } });
      const executionId = await fire(address, { tokenId, transitionId: 'grade' });
      const viewer = new StreamViewer();
      expect(await viewer.watch(address, executionId)).toBe(1000);
      expect(await settledToken(address, tokenId)).toMatchObject({ place: 'graded', data: { grade: 7 } });
      expect([viewer.text, viewer.attempts, streamFaults(viewer.events)]).toEqual(['{"grade": 7}', 2, []]);
      const { token } = await graphql<{ token: { cost: { executions: number; costUsd: number | null } } }>(
        address,
        'query ($id: String!) { token(id: $id) { cost { executions costUsd } } }',
        { id: tokenId },
      );
      // Of the others this server counts nothing, or nobody has a price.
      const isPriced = name === 'openai';
      expect(token.cost).toEqual({ executions: 1, costUsd: isPriced ? (expect.any(Number) as unknown) : null });
      expect(token.cost.costUsd ?? 1).toBeGreaterThan(0);
      const { agentExecution } = await graphql<{ agentExecution: { attempts: readonly Attempt[] } }>(
        address,
        `
          query ($id: String!) {
            agentExecution(id: $id) {
              attempts {
                turn
                outcome
                providerRequestId
                queuedMs
                characters
              }
            }
          }
        `,
        { id: executionId },
      );
      expect(agentExecution.attempts).toMatchObject([
        { turn: 1, outcome: 'completed', characters: 19 },
        { turn: 2, outcome: 'completed', characters: 12 },
      ]);
      for (const attempt of agentExecution.attempts) {
        expect(attempt.providerRequestId).toMatch(/./);
        expect(attempt.queuedMs).toBeGreaterThanOrEqual(0);
      }
    },
  );

  it.each(PROVIDERS)('%s: sees its connection go when a call is cancelled in mid-answer', async (name, provider) => {
    const { address } = setting;
    await agent(`rambler-${name}`, provider, 'Ramble');
    const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(
      address,
      'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }',
      { input: { agentId: `rambler-${name}`, input: 'on' } },
    );
    const viewer = new StreamViewer();
    const watching = viewer.watch(address, executeAgent.id);
    await viewer.sawChunks(3);
    const before = (await aimock.cancelled()).length;
    const cancelledAt = performance.now();
    await graphql(address, 'mutation ($id: String!) { cancelAgentExecution(id: $id) { id } }', { id: executeAgent.id });
    await eventually(async () => {
      expect(await aimock.cancelled()).toHaveLength(before + 1);
    });
    report(`${name}: the connection was gone ${Math.round(performance.now() - cancelledAt)} ms after the cancel`);
    expect(await watching).toBe(1000);
    expect(viewer.last).toMatchObject({ eventType: 'failed', status: 'cancelled' });
  });
});
