import { describe, expect, it } from 'vitest';

import type { AgentContent } from '../../../src/core/agents/agent.js';
import { checkDelivery } from '../../../src/core/agents/delivery.js';
import { checkAgentUse } from '../../../src/core/validation/check-agent-use.js';
import { anAgent, anAgentTransition } from '../../support/builders.js';

const OPENAI = { type: 'openai', model: 'm', headers: {}, options: {} } as const;

function pointersOf(fields: Partial<AgentContent>): readonly string[] {
  return checkDelivery(anAgent({ llmProvider: OPENAI, delivery: 'batch', ...fields })).map(({ pointer }) => pointer);
}

describe('batches', () => {
  it('are for providers that have them, and for agents without tools', () => {
    expect(pointersOf({})).toEqual([]);
    expect(pointersOf({ llmProvider: { ...OPENAI, type: 'anthropic' } })).toEqual([]);
    expect(pointersOf({ llmProvider: { ...OPENAI, type: 'google', options: { apiVersion: 'v1' } } })).toEqual([]);
    for (const type of ['ollama', 'custom', 'mock'] as const)
      expect(pointersOf({ llmProvider: { ...OPENAI, type } })).toEqual(['/delivery']);
    expect(pointersOf({ llmProvider: { ...OPENAI, options: { apiVersion: '2024-10-21' } } })).toEqual(['/delivery']);
    expect(pointersOf({ tools: ['http.fetch'] })).toEqual(['/delivery']);
    expect(pointersOf({ tools: ['http.fetch'], delivery: 'stream' })).toEqual([]);
  });

  it.each([0, 0.5, 604_801, Infinity, -1])('are not waited for %d seconds', (maxWaitSeconds) => {
    expect(pointersOf({ maxWaitSeconds })).toEqual(['/maxWaitSeconds']);
  });

  it('are refused to a use of an agent that cannot have them', () => {
    const use = anAgentTransition({ delivery: 'batch' });
    const pointer = '/transitions/0/agentExecution';
    expect(checkAgentUse(use, { agent: anAgent({ llmProvider: OPENAI }), pointer })).toEqual([]);
    expect(checkAgentUse(use, { agent: anAgent(), pointer })).toMatchObject([{ pointer: `${pointer}/delivery` }]);
  });
});
