import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import type { TokenInput } from '../../../src/core/engine/decision.js';
import { storableJson } from '../../../src/core/json/well-formed-text.js';
import { aDefinition, anAgentTransition, aPlaceAgent, aToken, aTransition, facts } from '../../support/builders.js';

const definition = aDefinition({
  transitions: [
    aTransition({ id: 'review', agentExecution: anAgentTransition() }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
    aTransition({
      id: 'approve',
      toPlace: 'done',
      rules: [
        { type: 'FieldContains', field: 'data.content', value: 'approved' },
        { type: 'FieldEquals', field: 'data.list', value: ['🙂'.repeat(100)] },
      ],
    }),
  ],
  placeAgents: [aPlaceAgent({ autoTransition: 'approve' })],
});
const HALF = 'half \uD83D, \uDE42 and \0';
const failed = (executionId: string): TokenInput => ({
  type: 'execution-ended',
  executionId,
  outcome: { status: 'failed', errorCode: 'auth', message: HALF },
});

describe('what a token decides', () => {
  const pending = { transitionId: 'review', executionId: 'e', since: facts.now };
  const running = aToken(definition, { pending, placeAgentRuns: { classify: { count: 1, executionId: 'p' } } });

  it.each([
    ['a reason', { type: 'cancel', reason: HALF }],
    ["the failure of a transition's agent", failed('e')],
    ["the failure of a place's agent", failed('p')],
    ['the failure of an execution that is not its own', failed('other')],
  ] satisfies [string, TokenInput][])('can be stored, whatever the words of %s', (_what, input) => {
    const decision = decide(definition, running, input, facts);
    expect(storableJson(decision)).toBe(JSON.stringify(decision));
    expect(JSON.stringify(decision)).toContain('half \uFFFD, \uFFFD and \uFFFD');
  });

  it('can be stored wherever a refusal cuts the value that a rule saw', () => {
    for (let at = 100; at < 130; at += 1) {
      const token = aToken(definition, {
        data: { content: `${'x'.repeat(at)}🙂 and so on`, [`${'k'.repeat(at)}🙂`]: 1, list: ['🙂'.repeat(at)] },
      });
      const decision = decide(definition, token, { type: 'fire', transitionId: 'approve' }, facts);
      expect(decision.refusal?.code).toBe('TRANSITION_REFUSED');
      expect(storableJson(decision)).toBe(JSON.stringify(decision));
    }
  });

  it('tells no more of a failure than people read', () => {
    const outcome = { status: 'failed', errorCode: 'server', message: 'x'.repeat(100_000) } as const;
    const decision = decide(definition, running, { type: 'execution-ended', executionId: 'e', outcome }, facts);
    expect(decision.token.incident?.message).toHaveLength(4000);
  });
});
