import { describe, expect, it } from 'vitest';

import { atOnce } from '../../../src/core/steps.js';
import { agentsOf, checkWorkflowSteps, type AgentReference } from '../../../src/core/validation/check-definition.js';
import type { AgentTransition, WorkflowContent } from '../../../src/core/definitions/definition.js';
import { anAgent, anAgentTransition, aTransition, aWorkflow } from '../../support/builders.js';

const REVIEWER = { ...anAgent(), id: 'reviewer' };

function check(content: WorkflowContent, agent: Partial<typeof REVIEWER> = {}): readonly string[] {
  const find = ({ agentId, agentVersion = 1 }: AgentReference) =>
    agentId === 'reviewer' && agentVersion === 1 ? { ...REVIEWER, ...agent } : undefined;
  return atOnce(checkWorkflowSteps(content, { agents: { find }, workflowId: 'memo' })).map(
    ({ code, pointer }) => `${code} ${pointer}`,
  );
}

function using(agent: Partial<AgentTransition>): WorkflowContent {
  const review = aTransition({ id: 'review', toPlace: 'done', agentExecution: anAgentTransition(agent) });
  return aWorkflow({ places: ['submitted', 'done'], transitions: [review] });
}

const USE = '/transitions/0/agentExecution';

describe('checkWorkflowSteps, the net', () => {
  it('finds nothing in a sound definition', () => {
    expect(check(aWorkflow())).toEqual([]);
  });

  it('finds every unknown place, at every end of a transition', () => {
    const content = aWorkflow({
      initialPlace: 'nowhere',
      transitions: [aTransition({ id: 'go', fromPlaces: ['submitted', 'void'], toPlace: 'moon' })],
    });
    expect(check(content)).toEqual([
      'UNKNOWN_PLACE /initialPlace',
      'UNKNOWN_PLACE /transitions/0/fromPlaces/1',
      'UNKNOWN_PLACE /transitions/0/toPlace',
    ]);
  });

  it('finds places and transitions that are there twice', () => {
    const content = aWorkflow({
      places: ['submitted', 'reviewed', 'submitted'],
      transitions: [
        aTransition({ id: 'go' }),
        aTransition({ id: 'go', fromPlaces: ['reviewed', 'reviewed'], toPlace: 'submitted' }),
      ],
    });
    expect(check(content)).toEqual([
      'DUPLICATE_ID /places/2',
      'DUPLICATE_ID /transitions/1/id',
      'DUPLICATE_ID /transitions/1/fromPlaces/1',
    ]);
  });

  it('refuses names that are not ids', () => {
    const content = aWorkflow({
      places: ['submitted', '__proto__'],
      transitions: [aTransition({ id: 'a b', toPlace: '__proto__' })],
      rules: Object.fromEntries([['constructor', { type: 'FieldExists', field: 'data.a' } as const]]),
    });
    expect(check(content)).toEqual([
      'INVALID_VALUE /rules/constructor',
      'INVALID_VALUE /places/1',
      'INVALID_VALUE /transitions/0/id',
    ]);
  });

  it('finds what no token ever reaches', () => {
    const content = aWorkflow({
      transitions: [
        aTransition({ id: 'review' }),
        aTransition({ id: 'back', fromPlaces: ['done'], toPlace: 'reviewed' }),
      ],
    });
    expect(check(content)).toEqual(['UNREACHABLE_PLACE /places/2', 'TRANSITION_NEVER_FIRES /transitions/1']);
  });

  it('finds a transition that starts from no place', () => {
    const content = aWorkflow({
      transitions: [...aWorkflow().transitions, aTransition({ id: 'none', fromPlaces: [] })],
    });
    expect(check(content)).toEqual(['TRANSITION_NEVER_FIRES /transitions/2']);
  });

  it('finds an automatic transition that an earlier one without rules always overtakes', () => {
    const content = aWorkflow({
      transitions: [
        aTransition({ id: 'first', trigger: 'automatic' }),
        aTransition({ id: 'second', trigger: 'automatic', toPlace: 'done' }),
      ],
    });
    expect(check(content)).toEqual(['TRANSITION_NEVER_FIRES /transitions/1']);
  });

  it('a large net is checked in one go', () => {
    const places = Array.from({ length: 500 }, (_, index) => `p${index}`);
    const transitions = places
      .slice(1)
      .map((toPlace, index) => aTransition({ id: `t${index}`, fromPlaces: [`p${index}`], toPlace }));
    expect(check(aWorkflow({ places, initialPlace: 'p0', transitions }))).toEqual([]);
  });

  it('finds conditions that the definition does not have, inherited names included', () => {
    const [review, finish] = aWorkflow().transitions;
    const content = aWorkflow({
      rules: { ready: { type: 'FieldExists', field: 'data.a' } },
      transitions: [
        { ...aTransition({ id: 'review' }), ...review, conditions: ['ready', 'redy', 'toString'] },
        finish ?? aTransition({ id: 'x' }),
      ],
    });
    expect(check(content)).toEqual([
      'UNKNOWN_CONDITION /transitions/0/conditions/1',
      'UNKNOWN_CONDITION /transitions/0/conditions/2',
    ]);
  });
});

describe('checkWorkflowSteps, where an agent is used', () => {
  it('tells an unknown agent from an unknown version', () => {
    expect(check(using({ agentId: 'nobody', agentVersion: 1 }))).toEqual([`UNKNOWN_AGENT ${USE}/agentId`]);
    expect(check(using({ agentVersion: 9 }))).toEqual([`UNKNOWN_AGENT ${USE}/agentVersion`]);
  });

  it('refuses an agent that is not allowed in this workflow', () => {
    expect(check(using({}), { allowedWorkflows: ['other'] })).toEqual([`AGENT_FORBIDDEN ${USE}/agentId`]);
    expect(check(using({}), { allowedWorkflows: ['memo'] })).toEqual([]);
  });

  it('asks the newest version of an agent, whichever is used', () => {
    const versions = (newest: object, first: object) => {
      const find = ({ agentVersion }: { agentVersion?: number }) => ({
        ...REVIEWER,
        ...(agentVersion === undefined ? newest : first),
      });
      const content = using({ agentVersion: 1 });
      return atOnce(checkWorkflowSteps(content, { agents: { find }, workflowId: 'memo' })).map(({ code }) => code);
    };
    expect(versions({ allowedWorkflows: ['other'] }, {})).toEqual(['AGENT_FORBIDDEN']);
    expect(versions({ allowedWorkflows: ['memo'] }, { allowedWorkflows: ['other'] })).toEqual([]);
    expect(versions({}, { allowedWorkflows: ['other'] })).toEqual([]);
  });

  it('finds template variables that neither mapping nor seed provides, in all three prompts', () => {
    const prompts = {
      system: '{tone} {token_id}',
      userTemplate: '{text} \\{literal}',
      contextInstructions: '{text} {rules}',
    };
    const content = using({ inputMapping: { text: 'data.text' } });
    const messages = atOnce(checkWorkflowSteps(content, { agents: { find: () => ({ ...REVIEWER, prompts }) } })).map(
      ({ message }) => message,
    );
    expect(messages).toHaveLength(2);
    expect(messages.join()).toMatch(/\{tone\}.*\{rules\}/);
  });

  it.each([
    ['inputMapping', { a: 'token.id' }, 'BAD_PATH', 'a'],
    ['inputMapping', { a: 'data.__proto__.x' }, 'BAD_PATH', 'a'],
    ['inputMapping', { 'a/b?': 'data.x' }, 'INVALID_VALUE', 'a~1b?'],
    ['inputMapping', { constructor: 'data.x' }, 'INVALID_VALUE', 'constructor'],
    ['inputMapping', { token_id: 'data.x' }, 'INPUT_NAME_RESERVED', 'token_id'],
    ['outputMapping', { data: 'response' }, 'BAD_PATH', 'data'],
    ['outputMapping', { 'data.x?': 'response' }, 'BAD_PATH', 'data.x?'],
    ['outputMapping', { 'data.x': 'review..score' }, 'BAD_PATH', 'data.x'],
    ['outputMapping', { 'data.x': 'a.__proto__' }, 'BAD_PATH', 'data.x'],
  ])('refuses the %s %j', (mapping, entries, code, name) => {
    expect(check(using({ [mapping]: entries }))).toEqual([`${code} ${USE}/${mapping}/${name}`]);
  });

  it('allows optional inputs and outputs within outputs', () => {
    const content = using({
      inputMapping: { a: 'data.x?', b: 'metadata' },
      outputMapping: { 'data.s': 'review.score' },
    });
    expect(check(content)).toEqual([]);
  });

  it('finds every limit that is out of range', () => {
    const content = using({
      agentVersion: 1,
      timeoutSeconds: 0,
      retryConfig: { maxAttempts: 0, backoffSeconds: -1, retryOnErrors: ['timeout', 'tiemout'] },
      llmConfig: { temperature: 2.1, topP: -0.1, frequencyPenalty: 3, presencePenalty: -3, maxTokens: 1.5 },
    });
    expect(check(content).map((line) => line.replace(`${USE}/`, ''))).toEqual([
      'OUT_OF_RANGE timeoutSeconds',
      'OUT_OF_RANGE retryConfig/maxAttempts',
      'OUT_OF_RANGE retryConfig/backoffSeconds',
      'INVALID_VALUE retryConfig/retryOnErrors/1',
      'OUT_OF_RANGE llmConfig/temperature',
      'INVALID_VALUE llmConfig/maxTokens',
      'OUT_OF_RANGE llmConfig/topP',
      'OUT_OF_RANGE llmConfig/frequencyPenalty',
      'OUT_OF_RANGE llmConfig/presencePenalty',
    ]);
  });

  it('lists the agents that have to be known, each once', () => {
    const twice = aWorkflow({
      transitions: ['a', 'b'].map((id) => aTransition({ id, agentExecution: anAgentTransition({ agentVersion: 2 }) })),
    });
    expect(agentsOf(twice)).toEqual([{ agentId: 'reviewer' }, { agentId: 'reviewer', agentVersion: 2 }]);
  });
});
