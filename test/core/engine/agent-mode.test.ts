import { describe, expect, it } from 'vitest';

import type { Rollout } from '../../../src/core/definitions/rollout.js';
import type { WorkflowDefinition } from '../../../src/core/definitions/definition.js';
import { decide } from '../../../src/core/engine/decide.js';
import type { Decision, TokenInput } from '../../../src/core/engine/decision.js';
import type { Token } from '../../../src/core/tokens/token.js';
import { aDefinition, aPlaceAgent, aResult, aToken, aTransition, anAgentTransition } from '../../support/builders.js';

const NOW = '2026-11-30T10:00:00.000Z';
const OFF: Rollout = { mode: 'off', percent: 100 };
const SHADOW: Rollout = { mode: 'shadow', percent: 100 };

function net(rollout: Rollout, required = false): WorkflowDefinition {
  return aDefinition({
    places: ['submitted', 'reviewed', 'good', 'bad', 'done'],
    transitions: [
      aTransition({
        id: 'review',
        agentExecution: anAgentTransition({
          required,
          rollout,
          inputMapping: { text: 'data.text' },
          outputMapping: { 'data.verdict': 'response' },
        }),
      }),
      aTransition({
        id: 'praise',
        fromPlaces: ['reviewed'],
        toPlace: 'good',
        trigger: 'automatic',
        rules: [{ type: 'FieldEquals', field: 'data.verdict', value: 'good' }],
      }),
      aTransition({ id: 'reject', fromPlaces: ['reviewed'], toPlace: 'bad' }),
      aTransition({ id: 'finish', fromPlaces: ['good', 'bad'], toPlace: 'done' }),
    ],
  });
}

const fire: TokenInput = { type: 'fire', transitionId: 'review', data: { text: 'Read me.' } };

function arrive(definition: WorkflowDefinition, token: Token, input: TokenInput): Decision {
  return decide(definition, token, input, { now: NOW });
}

function fired(definition: WorkflowDefinition, input: TokenInput = fire): Decision {
  return arrive(definition, aToken(definition), input);
}

const started = ({ effects }: Decision) => effects.filter(({ type }) => type === 'start-execution');
const told = ({ events }: Decision) => events.map(({ type }) => type);

describe('an agent of a transition that is off', () => {
  it('is passed by where it is not required, and the history says so', () => {
    const { token, effects, refusal } = fired(net(OFF));
    expect(refusal).toBeUndefined();
    expect(effects).toEqual([]);
    expect(token).toMatchObject({ place: 'reviewed', data: { text: 'Read me.' }, executionCount: 0 });
    expect(token.history.at(-1)?.note).toBe('without its agent, which is off');
  });

  it('is passed by without the input that it would need', () => {
    expect(fired(net(OFF), { type: 'fire', transitionId: 'review' }).token.place).toBe('reviewed');
  });

  it.each([OFF, SHADOW, { mode: 'on', percent: 0 } as const])('refuses where it is required: %o', (rollout) => {
    const { refusal, token } = fired(net(rollout, true));
    expect(token.place).toBe('submitted');
    expect(refusal).toMatchObject({ code: 'TRANSITION_REFUSED', blockers: [{ code: 'AGENT_OFF' }] });
  });

  it('keeps an automatic transition from being taken where it is required', () => {
    const manual = net(OFF, true);
    const [review, ...rest] = manual.transitions;
    const definition = {
      ...manual,
      transitions: [{ ...(review ?? aTransition({ id: 'review' })), trigger: 'automatic' as const }, ...rest],
    };
    const { token } = arrive(definition, aToken(definition, { data: { text: 'x' } }), { type: 'created' });
    expect(token.place).toBe('submitted');
  });

  it('goes on with what runs already', () => {
    const running = fired(net({ mode: 'on', percent: 100 }));
    expect(running.token.pending).toBeDefined();
    const { executionId = '' } = running.token.pending ?? {};
    const outcome = { status: 'succeeded', result: aResult({ executionId, response: 'good' }) } as const;
    const ended = arrive(net(OFF), running.token, { type: 'execution-ended', executionId, outcome });
    expect(ended.token).toMatchObject({ place: 'good', data: { verdict: 'good' } });
  });
});

describe('an agent that was turned off while the id of its run was found to be taken', () => {
  const ON: Rollout = { mode: 'on', percent: 100 };

  it('is not passed by where it is required', () => {
    const running = fired(net(ON, true));
    const { executionId = '' } = running.token.pending ?? {};
    const ended = arrive(net(OFF, true), running.token, {
      type: 'execution-ended',
      executionId,
      outcome: { status: 'id-taken' },
    });
    expect(ended.token).toMatchObject({ place: 'submitted', incident: { code: 'ALREADY_EXISTS' } });
    expect(started(ended)).toEqual([]);
  });

  it('does not run in its place', () => {
    const placed = (rollout: Rollout) => aDefinition({ placeAgents: [aPlaceAgent({ rollout })] });
    const begun = arrive(placed(ON), aToken(placed(ON)), { type: 'created' });
    const { executionId = '' } = begun.token.placeAgentRuns['classify'] ?? {};
    const ended = arrive(placed(OFF), begun.token, {
      type: 'execution-ended',
      executionId,
      outcome: { status: 'id-taken' },
    });
    expect(started(ended)).toEqual([]);
  });
});

describe('an agent of a transition that runs in the shadow', () => {
  function shadowed() {
    const definition = net(SHADOW);
    const decision = fired(definition);
    const [executionId = ''] = Object.keys(decision.token.shadows ?? {});
    return { definition, decision, executionId };
  }

  it('runs, while the token moves at once', () => {
    const { decision, executionId } = shadowed();
    expect(decision.token).toMatchObject({ place: 'reviewed', executionCount: 1 });
    expect(decision.token.pending).toBeUndefined();
    expect(started(decision)).toMatchObject([
      { execution: { executionId, shadow: true, input: { text: 'Read me.' }, token: { place: 'submitted' } } },
    ]);
    expect(told(decision)).toEqual(['EXECUTION_STARTED', 'TRANSITION_FIRED']);
  });

  it('changes nothing when it ends, and tells where the token would have gone', () => {
    const { definition, decision, executionId } = shadowed();
    const outcome = { status: 'succeeded', result: aResult({ executionId, response: 'good' }) } as const;
    const ended = arrive(definition, decision.token, { type: 'execution-ended', executionId, outcome });
    const { shadows: _ended, ...rest } = decision.token;
    expect(ended.token).toEqual(rest);
    expect(ended.events).toMatchObject([
      {
        type: 'EXECUTION_FINISHED',
        transitionId: 'review',
        details: { status: 'succeeded', shadow: true, path: ['reviewed', 'good'] },
      },
    ]);
  });

  it('tells no path when it failed, and raises no incident', () => {
    const { definition, decision, executionId } = shadowed();
    const outcome = { status: 'failed', errorCode: 'server', message: 'down' } as const;
    const ended = arrive(definition, decision.token, { type: 'execution-ended', executionId, outcome });
    expect(ended.token.incident).toBeUndefined();
    expect(ended.events[0]?.details).toEqual({ status: 'failed', errorCode: 'server', message: 'down', shadow: true });
  });

  it('is left out where its input is missing, and the fire is taken all the same', () => {
    const { token, effects } = fired(net(SHADOW), { type: 'fire', transitionId: 'review' });
    expect(effects).toEqual([]);
    expect(token.history.at(-1)).toMatchObject({
      toPlace: 'reviewed',
      note: expect.stringContaining('shadow') as string,
    });
  });

  it('is left out where as many run for the token as may, and the history says so', () => {
    const [review, ...rest] = net(SHADOW).transitions;
    const round = { ...(review ?? aTransition({ id: 'review' })), toPlace: 'submitted' };
    const definition = { ...net(SHADOW), transitions: [round, ...rest] };
    let token = aToken(definition);
    for (let count = 0; count < 21; count += 1) ({ token } = arrive(definition, token, fire));
    expect(Object.keys(token.shadows ?? {})).toHaveLength(20);
    expect(token).toMatchObject({ place: 'submitted', transitionCount: 21, executionCount: 20 });
    expect(token.history.at(-1)?.note).toBe('without the shadow of its agent: 20 others run for this token');
  });

  it('is asked to stop with its token', () => {
    const { definition, decision, executionId } = shadowed();
    const cancelled = arrive(definition, decision.token, { type: 'cancel' });
    expect(cancelled.effects).toContainEqual({ type: 'cancel-execution', executionId });
  });
});

describe('an agent of a place', () => {
  const placed = (rollout: Rollout) =>
    aDefinition({
      places: ['submitted', 'reviewed', 'done'],
      placeAgents: [aPlaceAgent({ rollout, autoTransition: 'review', outputMapping: { 'data.kind': 'response' } })],
    });

  it('does not run while it is off, and begins once it is on', () => {
    const off = arrive(placed(OFF), aToken(placed(OFF)), { type: 'created' });
    expect(started(off)).toEqual([]);
    const on = arrive(placed({ mode: 'on', percent: 100 }), off.token, { type: 'place-agents-changed' });
    expect(started(on)).toHaveLength(1);
  });

  it('changes nothing in the shadow, whether it ends well or not', () => {
    const definition = placed(SHADOW);
    const begun = arrive(definition, aToken(definition), { type: 'created' });
    expect(started(begun)).toMatchObject([{ execution: { shadow: true } }]);
    const { executionId = '' } = begun.token.placeAgentRuns['classify'] ?? {};
    const outcomes = [
      { status: 'succeeded', result: aResult({ executionId, response: 'invoice' }) },
      { status: 'failed', errorCode: 'server', message: 'down' },
    ] as const;
    for (const outcome of outcomes) {
      const ended = arrive(definition, begun.token, { type: 'execution-ended', executionId, outcome });
      expect(ended.token).toMatchObject({ place: 'submitted', data: {} });
      expect(ended.token.incident).toBeUndefined();
      expect(ended.token.placeAgentRuns['classify']).toEqual({ count: 1 });
      expect(ended.events[0]?.details).toMatchObject(
        outcome.status === 'succeeded' ? { shadow: true, path: ['reviewed'] } : { shadow: true },
      );
    }
  });
});

describe('versions of an agent side by side', () => {
  it('are given to tokens by their shares', () => {
    const agentVersions = [
      { version: 3, percent: 0 },
      { version: 4, percent: 100 },
    ];
    const definition = aDefinition({
      transitions: [aTransition({ id: 'review', agentExecution: anAgentTransition({ agentVersions }) })],
    });
    expect(started(fired(definition))).toMatchObject([{ execution: { agentVersion: 4 } }]);
  });
});
