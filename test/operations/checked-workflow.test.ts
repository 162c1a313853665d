import { describe, expect, it } from 'vitest';

import { checkWorkflowInput, workflowHash } from '../../src/operations/checked-workflow.js';
import { MemoryAgentStore } from '../../src/storage/memory/agents.js';
import { anAgent, aWorkflow, NOW } from '../support/builders.js';

const INPUT = {
  name: 'Memo',
  places: ['asked', 'written'],
  initialPlace: 'asked',
  transitions: [{ id: 'write', fromPlaces: ['asked'], toPlace: 'written', agentExecution: { agentId: 'writer' } }],
};

async function problems(agents: MemoryAgentStore, input: unknown): Promise<readonly string[]> {
  const parsed = await checkWorkflowInput(agents, input);
  return 'problems' in parsed ? parsed.problems.map(({ code, pointer }) => `${code} ${pointer}`) : [];
}

describe('checkWorkflowInput', () => {
  it('reports bad rules, unknown places and unknown agents together', async () => {
    const input = { ...INPUT, initialPlace: 'nowhere', rules: { broken: 7 } };
    expect(await problems(new MemoryAgentStore(), input)).toEqual([
      'RULE_INVALID /rules/broken',
      'UNKNOWN_PLACE /initialPlace',
      'UNKNOWN_AGENT /transitions/0/agentExecution/agentId',
    ]);
  });

  it('judges a pinned version by its own prompts', async () => {
    const agents = new MemoryAgentStore();
    await agents.create('writer', anAgent(), NOW);
    const prompts = { system: '', userTemplate: 'About {topic}' };
    await agents.update('writer', { content: anAgent({ prompts }), now: NOW });
    const pinned = (agentVersion: number) => ({
      ...INPUT,
      transitions: [{ ...INPUT.transitions[0], agentExecution: { agentId: 'writer', agentVersion } }],
    });
    expect(await problems(agents, pinned(1))).toEqual([]);
    expect(await problems(agents, pinned(2))).toEqual([
      'TEMPLATE_VARIABLE_UNKNOWN /transitions/0/agentExecution/inputMapping',
    ]);
    expect(await problems(agents, INPUT)).toEqual([
      'TEMPLATE_VARIABLE_UNKNOWN /transitions/0/agentExecution/inputMapping',
    ]);
  });

  it('knows the id that a workflow without one will get', async () => {
    const agents = new MemoryAgentStore();
    await agents.create('writer', anAgent({ allowedWorkflows: ['memo'] }), NOW);
    expect(await problems(agents, INPUT)).toEqual([]);
    expect(await problems(agents, { ...INPUT, id: 'letter' })).toEqual([
      'AGENT_FORBIDDEN /transitions/0/agentExecution/agentId',
    ]);
  });

  it('gives equal content equal hashes, whatever order its members came in', async () => {
    const { name, ...rest } = aWorkflow();
    expect(await workflowHash({ ...rest, name })).toBe(await workflowHash({ name, ...rest }));
    expect(await workflowHash(aWorkflow({ name: 'Other' }))).not.toBe(await workflowHash(aWorkflow()));
  });
});
