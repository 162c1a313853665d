import { beforeEach, describe, expect, it } from 'vitest';

import { applyDefinitions } from '../../src/operations/apply-definitions.js';
import type { DefinitionsInput } from '../../src/operations/judge-definitions.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { createPlaceAgent } from '../../src/operations/save-place-agent.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { aDefinition, aToken, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { schemasInThisThread } from '../support/schemas.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const agent = (id: string, userTemplate = '{text}') => ({
  id,
  name: id,
  llmProvider: { type: 'mock', model: 'mock' },
  prompts: { system: '', userTemplate },
});
const workflow = (id: string, agentId: string, inputMapping: object = { text: 'data.text' }) => ({
  id,
  name: id,
  places: ['a', 'b'],
  initialPlace: 'a',
  transitions: [{ id: 'go', fromPlaces: ['a'], toPlace: 'b', agentExecution: { agentId, inputMapping } }],
});
const NONE: DefinitionsInput = { agents: [], workflows: [], deleteAgents: [], deletePlaceAgents: [] };

describe('definitions that are applied together', () => {
  let storage: Storage;
  let parts: OperationParts;

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
  });

  const apply = (input: Partial<DefinitionsInput>, dryRun = false) =>
    applyDefinitions(parts, { ...NONE, ...input }, { dryRun });
  const problems = async (input: Partial<DefinitionsInput>) => {
    try {
      await apply(input);
      return [];
    } catch (error) {
      const { facts } = error as { facts: { problems: { code: string; pointer: string }[] } };
      return facts.problems.map(({ code, pointer }) => `${code} ${pointer}`);
    }
  };
  const versions = async () => ({
    agents: (await storage.agents.list({ first: 9 })).map(({ id, version }) => `${id} ${version}`),
    workflows: (await storage.workflows.list({ first: 9 })).map(({ definition: d }) => `${d.id} ${d.version}`),
  });

  it('are all there afterwards, and a workflow may name an agent that comes with it', async () => {
    const applied = await apply({ agents: [agent('one')], workflows: [workflow('w', 'one')] });
    expect(applied).toEqual({
      agents: [{ id: 'one', version: 1, change: 'CREATED' }],
      workflows: [{ id: 'w', version: 1, change: 'CREATED' }],
      placeAgents: [],
    });
    expect(await versions()).toEqual({ agents: ['one 1'], workflows: ['w 1'] });
  });

  it('make no new version where the content is there already', async () => {
    const input = { agents: [agent('one')], workflows: [workflow('w', 'one')] };
    await apply(input);
    expect((await apply(input)).agents).toEqual([{ id: 'one', version: 1, change: 'UNCHANGED' }]);
    expect(await versions()).toEqual({ agents: ['one 1'], workflows: ['w 1'] });
  });

  it('change nothing when they are only looked at', async () => {
    const input = { agents: [agent('one')], workflows: [workflow('w', 'one')] };
    expect((await apply(input, true)).workflows).toEqual([{ id: 'w', version: 1, change: 'CREATED' }]);
    expect(await versions()).toEqual({ agents: [], workflows: [] });
  });

  it('are all refused when one is wrong, with a pointer to it', async () => {
    const wrong = { ...workflow('w', 'one'), initialPlace: 'c' };
    expect(await problems({ agents: [agent('one')], workflows: [workflow('v', 'one'), wrong] })).toContain(
      'UNKNOWN_PLACE /workflows/1/initialPlace',
    );
    expect(await versions()).toEqual({ agents: [], workflows: [] });
  });

  it('may change an agent and the workflow that fills its prompt in one step, which neither could alone', async () => {
    await apply({ agents: [agent('one')], workflows: [workflow('w', 'one')] });
    const asking = agent('one', '{text} {tone}');
    const filling = workflow('w', 'one', { text: 'data.text', tone: 'data.tone' });
    expect(await problems({ agents: [asking] })).toEqual(['TEMPLATE_VARIABLE_UNKNOWN /agents/0/prompts']);
    expect((await apply({ agents: [asking], workflows: [filling] })).workflows).toEqual([
      { id: 'w', version: 2, change: 'CHANGED' },
    ]);
  });

  it('are refused where an active token has a version that the agent no longer fits, with what may be done', async () => {
    await apply({ agents: [agent('one')], workflows: [workflow('w', 'one')] });
    const token = aToken(aDefinition(), { workflowId: 'w', workflowVersion: 1 });
    await storage.tokens.record({ token, runId: 'run', events: [], executions: [] });
    const both = { agents: [agent('one', '{tone}')], workflows: [workflow('w', 'one', { tone: 'data.tone' })] };
    await expect(apply(both)).rejects.toThrow(
      /of workflow "w" version 1: .* Active tokens have that version: let them end/,
    );
  });

  it('delete an agent only where nothing names it afterwards', async () => {
    await apply({ agents: [agent('one'), agent('two')], workflows: [workflow('w', 'one')] });
    const reason = expect.stringContaining('Agent "one" is used by transition "go" of workflow "w"') as string;
    expect((await apply({ deleteAgents: ['one'] })).agents).toEqual([
      { id: 'one', version: 1, change: 'KEPT', reason },
    ]);
    expect(await problems({ deleteAgents: ['one'], workflows: [workflow('w', 'one')] })).toEqual([
      'UNKNOWN_AGENT /workflows/0/transitions/0/agentExecution/agentId',
    ]);
    const { agents } = await apply({ deleteAgents: ['one', 'nobody'], workflows: [workflow('w', 'two')] });
    expect(agents).toEqual([{ id: 'one', change: 'DELETED' }]);
    expect(await versions()).toEqual({ agents: ['two 1'], workflows: ['w 2'] });
  });

  it('delete place agents that were added, and with them the last use of an agent', async () => {
    await apply({ agents: [agent('one'), agent('two')], workflows: [workflow('w', 'one')] });
    const added = { id: 'p', workflowId: 'w', placeId: 'a', agentId: 'two', inputMapping: { text: 'data.text' } };
    await createPlaceAgent(parts, added);
    expect((await apply({ deleteAgents: ['two'] })).agents).toMatchObject([{ id: 'two', change: 'KEPT' }]);
    const { placeAgents } = await apply({ deleteAgents: ['two'], deletePlaceAgents: ['p', 'q'] });
    expect(placeAgents).toEqual([{ id: 'p', change: 'DELETED' }]);
    expect(await storage.placeAgents.get('p')).toBeUndefined();
  });

  it('cannot have one id twice, nor be deleted as well', async () => {
    expect(await problems({ agents: [agent('one'), agent('one')] })).toEqual(['DUPLICATE_ID /agents/1/id']);
    expect(await problems({ agents: [agent('one')], deleteAgents: ['one'] })).toEqual(['INVALID_VALUE /agents/0/id']);
  });

  it('are judged again when somebody else has stored the same version meanwhile', async () => {
    const { definitions } = storage;
    let isFirst = true;
    const meanwhile: Storage = {
      ...storage,
      definitions: {
        save: async (changes) => {
          if (isFirst) await storage.agents.create('one', changes.agents[0] ?? fail(), NOW);
          isFirst = false;
          return await definitions.save(changes);
        },
      },
    };
    parts = { ...parts, storage: meanwhile };
    expect((await apply({ agents: [agent('one')], workflows: [workflow('w', 'one')] })).agents).toEqual([
      { id: 'one', version: 1, change: 'UNCHANGED' },
    ]);
    expect(await versions()).toEqual({ agents: ['one 1'], workflows: ['w 1'] });
  });

  it('say so where others never stop', async () => {
    parts = { ...parts, storage: { ...storage, definitions: { save: () => Promise.resolve(false) } } };
    await expect(apply({ agents: [agent('one')] })).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });
});

function fail(): never {
  throw new Error('there is no agent');
}
