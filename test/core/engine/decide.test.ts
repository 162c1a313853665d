import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import { MAX_AUTOMATIC_STEPS } from '../../../src/core/engine/settle.js';
import { MAX_TOKEN_BYTES } from '../../../src/core/tokens/token-size.js';
import { aDefinition, aResult, aToken, aTransition, anAgentTransition, facts } from '../../support/builders.js';

const plain = aDefinition();
const withAgent = aDefinition({
  transitions: [
    aTransition({
      id: 'review',
      agentExecution: anAgentTransition({
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.verdict': 'assessment', 'metadata.reviewer': 'agent_id' },
      }),
    }),
    aTransition({
      id: 'publish',
      fromPlaces: ['reviewed'],
      toPlace: 'done',
      trigger: 'automatic',
      rules: [isApproved()],
    }),
  ],
});

function isApproved() {
  return { type: 'FieldEquals', field: 'data.verdict', value: 'APPROVE' } as const;
}

function running() {
  const token = aToken(withAgent, { data: { text: 'Hello' } });
  return decide(withAgent, token, { type: 'fire', transitionId: 'review' }, facts).token;
}

describe('firing without an agent', () => {
  it('moves the token at once, in one change', () => {
    const { token, events, effects } = decide(plain, aToken(plain), { type: 'fire', transitionId: 'review' }, facts);
    expect(token).toMatchObject({ place: 'reviewed', version: 2, transitionCount: 1 });
    expect(token.history).toEqual([
      { version: 2, timestamp: facts.now, transition: 'review', fromPlace: 'submitted', toPlace: 'reviewed' },
    ]);
    expect(events).toMatchObject([{ type: 'TRANSITION_FIRED', version: 2, place: 'reviewed' }]);
    expect(effects).toEqual([]);
  });

  it('keeps the data that the fire brought, merged in', () => {
    const token = aToken(plain, { data: { a: 1, b: { c: 2 } } });
    const fired = decide(plain, token, { type: 'fire', transitionId: 'review', data: { a: null, b: { d: 3 } } }, facts);
    expect(fired.token.data).toEqual({ b: { c: 2, d: 3 } });
  });

  it('completes the token in a place that nothing leads out of', () => {
    const { token, events } = decide(
      plain,
      aToken(plain, { place: 'reviewed' }),
      { type: 'fire', transitionId: 'finish' },
      facts,
    );
    expect(token.status).toBe('COMPLETED');
    expect(events.map((event) => event.type)).toEqual(['TRANSITION_FIRED', 'COMPLETED']);
  });

  it('completes at creation a token that begins in an end place', () => {
    const { token, events } = decide(
      plain,
      { ...aToken(plain), place: 'done', status: 'COMPLETED' },
      { type: 'created' },
      facts,
    );
    expect(token.version).toBe(1);
    expect(events.map((event) => event.type)).toEqual(['CREATED', 'COMPLETED']);
  });
});

describe('a refused fire', () => {
  it('names every blocker and leaves the token as it was', () => {
    const guarded = aDefinition({
      transitions: [
        aTransition({
          id: 'review',
          rules: [
            { type: 'FieldExists', field: 'data.author' },
            { type: 'FieldGreaterThan', field: 'data.score', value: 7 },
          ],
          agentExecution: anAgentTransition({ inputMapping: { text: 'data.text' } }),
        }),
      ],
    });
    const token = aToken(guarded, { place: 'reviewed', data: { score: 5 } });
    const decision = decide(guarded, token, { type: 'fire', transitionId: 'review', expectedVersion: 9 }, facts);
    expect(decision.token).toBe(token);
    expect(decision.refusal?.code).toBe('VERSION_CONFLICT');
    expect(decision.refusal?.blockers.map((blocker) => blocker.code)).toEqual([
      'VERSION',
      'WRONG_PLACE',
      'RULE_FALSE',
      'RULE_FALSE',
      'INPUT_MISSING',
    ]);
    expect(decision.refusal?.blockers[3]).toMatchObject({ actual: 5 });
    expect(decision.events).toMatchObject([{ type: 'TRANSITION_REFUSED', version: 1 }]);
  });

  it.each([
    ['TOKEN_CLOSED', { status: 'COMPLETED' as const }],
    ['TRANSITION_IN_PROGRESS', { pending: { transitionId: 'x', executionId: 'y', since: facts.now } }],
  ])('has the code %s before all others', (code, fields) => {
    const token = aToken(plain, { ...fields, place: 'done' });
    expect(decide(plain, token, { type: 'fire', transitionId: 'review' }, facts).refusal?.code).toBe(code);
  });

  it('refuses a transition that the workflow does not have', () => {
    const { refusal } = decide(plain, aToken(plain), { type: 'fire', transitionId: 'constructor' }, facts);
    expect(refusal).toMatchObject({ code: 'TRANSITION_REFUSED', blockers: [{ code: 'UNKNOWN_TRANSITION' }] });
  });

  it('refuses data that would make the token too large', () => {
    const data = { text: 'é'.repeat(MAX_TOKEN_BYTES / 2) };
    const { refusal, token } = decide(plain, aToken(plain), { type: 'fire', transitionId: 'review', data }, facts);
    expect(refusal?.code).toBe('TOKEN_TOO_LARGE');
    expect(token.version).toBe(1);
  });
});

describe('firing with an agent', () => {
  it('starts the execution with the mapped input and waits in its place', () => {
    const token = aToken(withAgent, { data: { text: 'Hello' } });
    const decision = decide(withAgent, token, { type: 'fire', transitionId: 'review' }, facts);
    expect(decision.token).toMatchObject({
      place: 'submitted',
      version: 2,
      pending: { transitionId: 'review', executionId: 'doc-1:review:1' },
    });
    expect(decision.effects).toMatchObject([
      {
        type: 'start-execution',
        execution: { executionId: 'doc-1:review:1', input: { text: 'Hello' }, overrides: { outputs: ['assessment'] } },
      },
    ]);
  });

  it('maps the output, moves, and lets the first automatic transition follow', () => {
    const result = aResult({ output: { assessment: 'APPROVE' } });
    const outcome = { status: 'succeeded', result } as const;
    const { token, events } = decide(
      withAgent,
      running(),
      { type: 'execution-ended', executionId: 'doc-1:review:1', outcome },
      facts,
    );
    expect(token).toMatchObject({
      place: 'done',
      status: 'COMPLETED',
      version: 4,
      data: { text: 'Hello', verdict: 'APPROVE' },
      metadata: { reviewer: 'reviewer' },
    });
    expect(token.pending).toBeUndefined();
    expect(events.map((event) => event.type)).toEqual([
      'EXECUTION_FINISHED',
      'TRANSITION_FIRED',
      'TRANSITION_FIRED',
      'COMPLETED',
    ]);
  });

  it('stays where no automatic transition holds', () => {
    const outcome = { status: 'succeeded', result: aResult({ output: { assessment: 'REJECT' } }) } as const;
    const { token } = decide(
      withAgent,
      running(),
      { type: 'execution-ended', executionId: 'doc-1:review:1', outcome },
      facts,
    );
    expect(token).toMatchObject({ place: 'reviewed', status: 'ACTIVE', version: 3 });
  });

  it('applies nothing of an output that lacks what the mapping names', () => {
    const outcome = { status: 'succeeded', result: aResult({ output: { other: 1 } }) } as const;
    const before = running();
    const { token } = decide(
      withAgent,
      before,
      { type: 'execution-ended', executionId: 'doc-1:review:1', outcome },
      facts,
    );
    expect(token).toMatchObject({ place: 'submitted', data: before.data, metadata: before.metadata });
    expect(token.incident).toMatchObject({ code: 'output_mapping_failed', transitionId: 'review' });
  });

  it('raises an incident when a required agent fails, and fires again when asked to', () => {
    const outcome = { status: 'failed', errorCode: 'auth', message: 'wrong key' } as const;
    const { token, events } = decide(
      withAgent,
      running(),
      { type: 'execution-ended', executionId: 'doc-1:review:1', outcome },
      facts,
    );
    expect(token.incident).toMatchObject({ code: 'auth', message: 'wrong key', executionId: 'doc-1:review:1' });
    expect(token.pending).toBeUndefined();
    expect(events.at(-1)?.type).toBe('INCIDENT_RAISED');
    const again = decide(withAgent, token, { type: 'fire', transitionId: 'review' }, facts);
    expect(again.token.pending?.executionId).toBe('doc-1:review:2');
  });

  it('moves without the output when an optional agent fails', () => {
    const optional = aDefinition({
      transitions: [
        aTransition({ id: 'review', agentExecution: anAgentTransition({ required: false }) }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    });
    const started = decide(
      optional,
      aToken(optional),
      { type: 'fire', transitionId: 'review', data: { kept: 1 } },
      facts,
    );
    const outcome = { status: 'failed', errorCode: 'timeout', message: 'too slow' } as const;
    const { token } = decide(
      optional,
      started.token,
      { type: 'execution-ended', executionId: 'doc-1:review:1', outcome },
      facts,
    );
    expect(token).toMatchObject({ place: 'reviewed', data: { kept: 1 } });
    expect(token.history.at(-1)?.note).toContain('timeout');
    expect(token.incident).toBeUndefined();
  });

  it('neither moves nor raises an incident when the execution was cancelled', () => {
    const outcome = { status: 'cancelled' } as const;
    const { token } = decide(
      withAgent,
      running(),
      { type: 'execution-ended', executionId: 'doc-1:review:1', outcome },
      facts,
    );
    expect(token).toMatchObject({ place: 'submitted', version: 3 });
    expect(token.pending).toBeUndefined();
    expect(token.incident).toBeUndefined();
  });

  it('discards the outcome of an execution that it does not wait for, visibly', () => {
    const outcome = { status: 'succeeded', result: aResult({ output: { assessment: 'APPROVE' } }) } as const;
    const before = running();
    const { token, events } = decide(
      withAgent,
      before,
      { type: 'execution-ended', executionId: 'other', outcome },
      facts,
    );
    expect(token).toBe(before);
    expect(events).toMatchObject([{ type: 'EXECUTION_FINISHED', details: { discarded: true } }]);
  });

  it('treats a disabled agent as none', () => {
    const disabled = aDefinition({
      transitions: [
        aTransition({ id: 'review', agentExecution: anAgentTransition({ enabled: false }) }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    });
    expect(decide(disabled, aToken(disabled), { type: 'fire', transitionId: 'review' }, facts).token.place).toBe(
      'reviewed',
    );
  });
});

describe('automatic transitions', () => {
  const circle = aDefinition({
    places: ['a', 'b'],
    initialPlace: 'a',
    transitions: [
      aTransition({ id: 'there', fromPlaces: ['a'], toPlace: 'b', trigger: 'automatic' }),
      aTransition({ id: 'back', fromPlaces: ['b'], toPlace: 'a', trigger: 'automatic' }),
    ],
  });

  it('stop with an incident when they run in a circle', () => {
    const { token } = decide(circle, aToken(circle), { type: 'created' }, facts);
    expect(token.transitionCount).toBe(MAX_AUTOMATIC_STEPS);
    expect(token.incident?.code).toBe('automatic_steps_exceeded');
  });

  it('take the first in definition order whose rules hold', () => {
    const fork = aDefinition({
      transitions: [
        aTransition({ id: 'no', trigger: 'automatic', rules: [isApproved()] }),
        aTransition({ id: 'yes', trigger: 'automatic', toPlace: 'done' }),
        aTransition({ id: 'late', trigger: 'automatic', toPlace: 'reviewed' }),
        aTransition({ id: 'on', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    });
    const { token } = decide(fork, aToken(fork), { type: 'created' }, facts);
    expect(token.history.map((entry) => entry.transition)).toEqual(['yes']);
  });
});
