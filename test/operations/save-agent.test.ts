import { beforeEach, describe, expect, it } from 'vitest';

import { parseHostRule } from '../../src/core/web-hosts.js';
import { mayName } from '../../src/http/forbidden-address.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { createPlaceAgent } from '../../src/operations/save-place-agent.js';
import { inlineWorkflowId } from '../../src/core/definitions/inline-workflow.js';
import { createAgent, deleteAgent, updateAgent } from '../../src/operations/save-agent.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import {
  aDefinition,
  anAgentTransition,
  aPlaceAgent,
  aToken,
  aTransition,
  aWorkflow,
  NOW,
} from '../support/builders.js';
import { INNER_URLS } from '../support/inner-urls.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { schemasInThisThread } from '../support/schemas.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const AGENT = {
  id: 'reviewer',
  name: 'Reviewer',
  description: '',
  llmProvider: { type: 'mock', model: 'mock' },
  prompts: { system: '', userTemplate: '{text}' },
};
const ASKS_FOR_MORE = { ...AGENT, prompts: { system: '', userTemplate: '{text} {tone}' } };

describe('an agent that is changed', () => {
  let storage: Storage;
  let parts: OperationParts;
  const use = { agentId: 'reviewer', inputMapping: { text: 'data.text' } };
  const content = aWorkflow({ transitions: [aTransition({ id: 'a', agentExecution: anAgentTransition(use) })] });

  beforeEach(async () => {
    ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
    parts = {
      storage,
      now: () => NOW,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      temporal: {} as OperationParts['temporal'],
    };
    await createAgent(parts, AGENT);
  });

  async function change(input: object = ASKS_FOR_MORE): Promise<readonly string[]> {
    try {
      await updateAgent(parts, 'reviewer', { input });
      return [];
    } catch (error) {
      return (error as { facts: { problems: { code: string; pointer: string }[] } }).facts.problems.map(
        ({ code, pointer }) => `${code} ${pointer}`,
      );
    }
  }

  it('may name the tools that workers offer, and no others', async () => {
    const rest = {
      description: 'Looks up.',
      parameters: { type: 'object' },
      idempotent: true,
      needsApproval: false,
      timeoutSeconds: 30,
    };
    await storage.tools.offer([{ name: 'lookup_order', ...rest }], NOW, NOW);
    expect(await change({ ...AGENT, tools: ['lookup_order'] })).toEqual([]);
    expect(await change({ ...AGENT, tools: ['lookup_order', 'lookup'], maxTurns: 0 })).toEqual([
      'OUT_OF_RANGE /maxTurns',
      'UNKNOWN_TOOL /tools/1',
    ]);
  });

  const unfilled = ['TEMPLATE_VARIABLE_UNKNOWN /prompts'];

  it('may ask for anything as long as nobody uses it', async () => {
    expect(await change()).toEqual([]);
  });

  it('is checked against the newest version of each workflow', async () => {
    await storage.workflows.save('review', content, { hash: 'a', now: NOW });
    expect(await change()).toEqual(unfilled);
  });

  it('is checked against an older version as long as a token has it', async () => {
    await storage.workflows.save('review', content, { hash: 'a', now: NOW });
    await storage.workflows.save('review', aWorkflow(), { hash: 'b', now: NOW });
    expect(await change(ASKS_FOR_MORE)).toEqual([]);
    expect(await change(AGENT)).toEqual([]);
    const token = aToken(aDefinition(), { workflowId: 'review', workflowVersion: 1 });
    await storage.tokens.record({ token, runId: 'run', events: [], executions: [] });
    expect(await change()).toEqual(unfilled);
    await expect(deleteAgent(parts, 'reviewer')).rejects.toMatchObject({ code: 'IN_USE' });
  });

  it('is checked against all that use it, few at a time; who wants to delete it is told some, and how many more', async () => {
    for (let n = 0; n < 60; n += 1) await storage.workflows.save(`review-${n}`, content, { hash: 'a', now: NOW });
    expect(await change()).toHaveLength(60);
    await expect(deleteAgent(parts, 'reviewer')).rejects.toMatchObject({
      code: 'IN_USE',
      message: expect.stringMatching(/"review-0" version 1, .*, and in 35 more versions of workflows/) as string,
    });
  });

  it('is checked against place agents that were added by themselves', async () => {
    await storage.placeAgents.create({ ...aPlaceAgent(use), workflowId: 'review', createdAt: NOW });
    expect(await change()).toEqual(unfilled);
  });

  const forbidding = { ...AGENT, allowedWorkflows: ['other'] };
  const forbidden = ['AGENT_FORBIDDEN /allowedWorkflows'];
  const pinned = { ...use, agentVersion: 1 };
  const kept = aWorkflow({ transitions: [aTransition({ id: 'a', agentExecution: anAgentTransition(pinned) })] });

  it('may ask a use that keeps to a version for anything, and may not forbid it', async () => {
    await storage.workflows.save('review', kept, { hash: 'a', now: NOW });
    expect(await change()).toEqual([]);
    expect(await change(forbidding)).toEqual(forbidden);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a transition of a workflow', () => storage.workflows.save('review', content, { hash: 'a', now: NOW })],
    [
      'a place agent of a definition',
      () => storage.workflows.save('review', aWorkflow({ placeAgents: [aPlaceAgent(use)] }), { hash: 'a', now: NOW }),
    ],
    [
      'an agent that was added to a place',
      () => storage.placeAgents.create({ ...aPlaceAgent(pinned), workflowId: 'review', createdAt: NOW }),
    ],
    [
      'an older version that a token still has',
      async () => {
        await storage.workflows.save('review', content, { hash: 'a', now: NOW });
        await storage.workflows.save('review', aWorkflow(), { hash: 'b', now: NOW });
        const token = aToken(aDefinition(), { workflowId: 'review', workflowVersion: 1 });
        await storage.tokens.record({ token, runId: 'run', events: [], executions: [] });
      },
    ],
    [
      'a definition that a token brought along',
      async () => {
        const id = inlineWorkflowId('other', 'abcdef');
        await storage.workflows.save(id, content, { hash: 'a', now: NOW });
        const token = aToken(aDefinition(), { workflowId: id, workflowVersion: 1 });
        await storage.tokens.record({ token, runId: 'run', events: [], executions: [] });
      },
    ],
  ])('may not forbid a use that is alive: %s', async (_what, begin) => {
    await begin();
    expect(await change(forbidding)).toEqual(forbidden);
    await expect(deleteAgent(parts, 'reviewer')).rejects.toMatchObject({ code: 'IN_USE' });
  });

  it('may not be added to a place of a workflow that it does not allow, by whichever version', async () => {
    await storage.workflows.save('review', aWorkflow(), { hash: 'a', now: NOW });
    expect(await change(forbidding)).toEqual([]);
    for (const agentVersion of [1, null]) {
      const input = { workflowId: 'review', placeId: 'submitted', agentId: 'reviewer', agentVersion };
      const creating = createPlaceAgent(parts, { ...input, id: 'p', inputMapping: { text: 'data.text' } });
      await expect(creating).rejects.toMatchObject({ facts: { problems: [{ code: 'AGENT_FORBIDDEN' }] } });
    }
  });

  it.each(INNER_URLS)('may not be at %s, unless that is allowed', async (baseUrl) => {
    const provider = { type: 'custom', model: 'm', baseUrl };
    parts = { ...parts, mayName: (url) => mayName(url, []) };
    expect(await change({ ...AGENT, llmProvider: provider })).toEqual(['HOST_FORBIDDEN /llmProvider/baseUrl']);
    const refused = createAgent(parts, { ...AGENT, id: 'other', llmProvider: { ...provider, type: 'ollama' } });
    await expect(refused).rejects.toThrow(/ALLOWED_PRIVATE_HOSTS/);
    const { host } = new URL(baseUrl);
    parts = { ...parts, mayName: (url) => mayName(url, [parseHostRule(host) ?? []].flat()) };
    expect(await change({ ...AGENT, llmProvider: provider })).toEqual([]);
  });

  it('is told of an inner address beside whatever else is wrong with it', async () => {
    const llmProvider = { type: 'openai', model: 'm', baseUrl: 'http://user:x@169.254.169.254/v1?a=b' };
    expect(await change({ ...AGENT, llmProvider, maxTurns: 0 })).toEqual([
      'BASE_URL_INVALID /llmProvider/baseUrl',
      'OUT_OF_RANGE /maxTurns',
      'HOST_FORBIDDEN /llmProvider/baseUrl',
    ]);
  });

  it('is refused for what belongs to another template language', async () => {
    const conditional = { ...AGENT, prompts: { system: '', userTemplate: '{{#if text}}{text}{{/if}}' } };
    expect(await change(conditional)).toContain('TEMPLATE_SYNTAX_UNKNOWN /prompts');
  });
});
