import type { AgentContent } from '../../src/core/agents/agent.js';
import type {
  AgentTransition,
  PlaceAgent,
  Transition,
  WorkflowContent,
  WorkflowDefinition,
} from '../../src/core/definitions/definition.js';
import type { ExecutionResult } from '../../src/core/executions/execution.js';
import { newToken } from '../../src/core/engine/new-token.js';
import type { Token } from '../../src/core/tokens/token.js';

export const NOW = '2026-11-23T05:00:00.000Z';
export const facts = { now: NOW };

export function aTransition(fields: Partial<Transition> & Pick<Transition, 'id'>): Transition {
  return { fromPlaces: ['submitted'], toPlace: 'reviewed', trigger: 'manual', conditions: [], rules: [], ...fields };
}

export function anAgentTransition(fields: Partial<AgentTransition> = {}): AgentTransition {
  return { agentId: 'reviewer', enabled: true, inputMapping: {}, outputMapping: {}, required: true, ...fields };
}

export function aPlaceAgent(fields: Partial<PlaceAgent> = {}): PlaceAgent {
  return {
    id: 'classify',
    placeId: 'submitted',
    agentId: 'reviewer',
    enabled: true,
    inputMapping: {},
    outputMapping: {},
    triggerConditions: [],
    ...fields,
  };
}

export function aWorkflow(fields: Partial<WorkflowContent> = {}): WorkflowContent {
  return {
    name: 'Review',
    places: ['submitted', 'reviewed', 'done'],
    initialPlace: 'submitted',
    transitions: [
      aTransition({ id: 'review' }),
      aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
    ],
    rules: {},
    placeAgents: [],
    ...fields,
  };
}

export function aDefinition(fields: Partial<WorkflowContent> = {}): WorkflowDefinition {
  return { ...aWorkflow(fields), id: 'review', version: 1 };
}

export function aToken(definition: WorkflowDefinition, fields: Partial<Token> = {}): Token {
  return { ...newToken(definition, { id: 'doc-1' }, facts), ...fields };
}

export function anAgent(fields: Partial<AgentContent> = {}): AgentContent {
  return {
    name: 'Reviewer',
    description: '',
    llmProvider: { type: 'mock', model: 'mock-1', headers: {}, options: { delayMs: 0 } },
    llmConfig: {},
    prompts: { system: 'You review.', userTemplate: 'Review: {input_data}' },
    capabilities: [],
    tools: [],
    maxTurns: 10,
    strictParameters: false,
    ...fields,
  };
}

export function aResult(fields: Partial<ExecutionResult> = {}): ExecutionResult {
  return {
    executionId: 'doc-1:review:1',
    agentId: 'reviewer',
    agentVersion: 1,
    model: 'mock-1',
    response: 'Fine.',
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    timestamp: NOW,
    ...fields,
  };
}
