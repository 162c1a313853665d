import { isDeepStrictEqual } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import type { Decision, Effect, ExecutionOutcome, TokenInput } from '../../../src/core/engine/decision.js';
import { findTransition, type AgentUse, type WorkflowDefinition } from '../../../src/core/definitions/definition.js';
import { newToken } from '../../../src/core/engine/new-token.js';
import { parsePath, readKeys, readPath } from '../../../src/core/json/path.js';
import { MAX_AUTOMATIC_STEPS } from '../../../src/core/engine/settle.js';
import type { Token } from '../../../src/core/tokens/token.js';
import { anyValue, arbitraryDefinition, PLACES } from '../../support/arbitrary-definition.js';
import { aResult } from '../../support/builders.js';

/** What happens next; which execution it concerns is settled when it happens. */
type Step =
  | { readonly do: TokenInput }
  | {
      readonly end: number;
      readonly how: ExecutionOutcome['status'];
      readonly output: Record<string, unknown>;
    }
  | { readonly wait: number }
  | { readonly agents: number }
  /** It goes over to another version, which lacks as many transitions. */
  | { readonly migrate: number; readonly mapped: boolean };

const patch = fc.dictionary(fc.constantFrom('x', 'y'), fc.oneof(anyValue, fc.constant(null), fc.constant({ z: 1 })), {
  maxKeys: 2,
});
const input: fc.Arbitrary<TokenInput> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        type: fc.constant('fire' as const),
        transitionId: fc.constantFrom('t0', 't1', 't2', 't3', 't4', 't5', 'none'),
        data: patch,
        expectedVersion: fc.integer({ min: 1, max: 6 }),
      },
      { requiredKeys: ['type', 'transitionId'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { type: fc.constant('update' as const), data: patch, metadata: fc.constant({ m: 2 }) },
      { requiredKeys: ['type'] },
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom<TokenInput>({ type: 'retry' }, { type: 'trigger-place-agents' }) },
  { weight: 2, arbitrary: fc.constant<TokenInput>({ type: 'time-passed' }) },
  { weight: 1, arbitrary: fc.constant<TokenInput>({ type: 'cancel', reason: 'enough' }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: input.map((what) => ({ do: what })) },
  {
    weight: 4,
    arbitrary: fc.record({
      end: fc.nat({ max: 5 }),
      how: fc.constantFrom<ExecutionOutcome['status']>('succeeded', 'succeeded', 'failed', 'cancelled', 'id-taken'),
      output: fc.record({ answer: anyValue, deep: fc.record({ value: anyValue }) }, { requiredKeys: [] }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ agents: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ migrate: fc.nat({ max: 3 }), mapped: fc.boolean() }) },
);
const story = fc.record({ definition: arbitraryDefinition, steps: fc.array(step, { maxLength: 40 }) });
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

interface Moment {
  readonly definition: WorkflowDefinition;
  readonly before: Token;
  readonly input: TokenInput;
  readonly decision: Decision;
  readonly now: string;
}

/** Plays a story; every moment of it, in order. */
function play({ definition: whole, steps }: Story): readonly Moment[] {
  let clock = Date.parse('2026-11-23T05:00:00.000Z');
  let definition = whole;
  const started: string[] = [];
  const moments: Moment[] = [];
  let token = newToken(definition, { id: 'doc', data: { x: 1 } }, { now: new Date(clock).toISOString() });
  const take = (what: TokenInput) => {
    const now = new Date(clock).toISOString();
    const decision = decide(frozen(definition), frozen(token), frozen(what), { now });
    moments.push({ definition, before: token, input: what, decision, now });
    started.push(...startedBy(decision.effects));
    ({ token } = decision);
  };
  take({ type: 'created' });
  for (const next of steps) {
    clock += 1000;
    if ('do' in next) take(next.do);
    else if ('end' in next) take(endOf(started.at(-1 - next.end) ?? 'unknown', next));
    else if ('wait' in next) clock += next.wait * 1000;
    else if ('migrate' in next) {
      const transitions = whole.transitions.slice(next.migrate);
      const target = { ...whole, transitions, version: definition.version + 1 };
      const [from, to] = PLACES;
      const placeMapping = next.mapped ? { [from]: to } : {};
      take({ type: 'migrate', fromVersion: definition.version, target, placeMapping });
      if (moments.at(-1)?.decision.refusal === undefined) definition = target;
    } else {
      definition = { ...definition, placeAgents: whole.placeAgents.slice(0, next.agents) };
      take({ type: 'place-agents-changed' });
    }
  }
  return moments;
}

function endOf(executionId: string, { how, output }: Extract<Step, { end: number }>): TokenInput {
  const outcomes: Record<typeof how, ExecutionOutcome> = {
    succeeded: { status: 'succeeded', result: aResult({ executionId, output: output as never }) },
    failed: { status: 'failed', errorCode: 'auth', message: 'no' },
    cancelled: { status: 'cancelled' },
    'id-taken': { status: 'id-taken' },
  };
  return { type: 'execution-ended', executionId, outcome: outcomes[how] };
}

function shadowsBy(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) =>
    effect.type === 'start-execution' && effect.execution.shadow === true ? [effect.execution.executionId] : [],
  );
}

function startedBy(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.type === 'start-execution' ? [effect.execution.executionId] : []));
}

function cancelledBy(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.type === 'cancel-execution' ? [effect.executionId] : []));
}

/** Deeply: a decision that mutates what it was given throws. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

function holds(check: (moments: readonly Moment[]) => void): void {
  fc.assert(
    fc.property(story, (told) => {
      check(play(told));
    }),
    { numRuns: 400 },
  );
}

function count(decision: Decision, type: string): number {
  return decision.events.filter((event) => event.type === type).length;
}

describe('whatever happens to a token, in whatever workflow,', () => {
  it('it is in a place that there is, with a history that is bounded', () => {
    holds((moments) => {
      for (const { decision } of moments) {
        expect(PLACES).toContain(decision.token.place);
        expect(decision.token.history.length).toBeLessThanOrEqual(100);
      }
    });
  });

  it('its version grows by one with every change, and each change is told with the version that it made', () => {
    holds((moments) => {
      for (const { before, decision } of moments) {
        const changes = new Set(decision.events.map(({ version }) => version).filter((one) => one > before.version));
        const expected = Array.from(
          { length: decision.token.version - before.version },
          (_, n) => before.version + n + 1,
        );
        expect([...changes]).toEqual(expected);
      }
    });
  });

  it('it counts every transition once', () => {
    holds((moments) => {
      for (const { before, decision } of moments) {
        expect(decision.token.transitionCount - before.transitionCount).toBe(count(decision, 'TRANSITION_FIRED'));
      }
    });
  });

  it('a refused event changes nothing and asks for nothing', () => {
    holds((moments) => {
      for (const { before, decision } of moments) {
        if (decision.refusal === undefined) continue;
        expect(decision.token).toEqual(before);
        expect(decision.effects).toEqual([]);
        expect(decision.events.every(({ type }) => type === 'TRANSITION_REFUSED')).toBe(true);
      }
    });
  });

  it('the same events give the same token', { tags: 'rule-budget' }, () => {
    fc.assert(
      fc.property(story, (told) => {
        expect(play(told)).toEqual(play(structuredClone(told)));
      }),
      { numRuns: 200 },
    );
  });

  it('an output is applied whole or not at all', () => {
    holds((moments) => {
      for (const moment of moments) {
        const use = endedUse(moment);
        if (use === undefined) continue;
        const { before, decision } = moment;
        expect(decision.token.metadata).toEqual(isWhole(use, moment) ? expect.anything() : before.metadata);
        if (before.pending?.patch !== undefined) continue;
        const untouched = isDeepStrictEqual(decision.token.data, before.data);
        const written = Object.keys(use.outputMapping).every((path) => valueAt(decision.token, path) !== undefined);
        expect(isWhole(use, moment) ? untouched || written : untouched).toBe(true);
      }
    });
  });

  it('every execution that was started is waited for, runs beside, or was asked to stop; and its id is new', () => {
    holds((moments) => {
      const seen = new Set<string>();
      const live = new Set<string>();
      const beside = new Set<string>();
      for (const { decision, input: what } of moments) {
        if (what.type === 'execution-ended') live.delete(what.executionId);
        for (const id of startedBy(decision.effects)) {
          expect(seen.has(id)).toBe(false);
          seen.add(id);
          live.add(id);
        }
        for (const id of shadowsBy(decision.effects)) beside.add(id);
        for (const id of cancelledBy(decision.effects)) live.delete(id);
        if (decision.token.status === 'COMPLETED') for (const id of beside) live.delete(id);
        expect(new Set([...waitedFor(decision.token), ...shadowsOf(decision.token)])).toEqual(live);
      }
    });
  });

  it('it is of the version that it went over to last, and says so once', () => {
    holds((moments) => {
      for (const { before, input: what, decision } of moments) {
        const isOver = what.type === 'migrate' && decision.refusal === undefined;
        expect(decision.token.workflowVersion).toBe(isOver ? what.target.version : before.workflowVersion);
        expect(count(decision, 'MIGRATED')).toBe(isOver ? 1 : 0);
        if (isOver) expect(waitedFor(before)).toEqual([]);
      }
    });
  });

  it('one that has closed does nothing any more', () => {
    holds((moments) => {
      for (const { before, decision } of moments) {
        if (before.status === 'ACTIVE') continue;
        expect(decision.token).toEqual(before);
        expect(startedBy(decision.effects)).toEqual([]);
      }
    });
  });

  it('an end that is told twice moves nothing twice', () => {
    holds((moments) => {
      for (const { definition, input: what, decision, now } of moments) {
        if (what.type !== 'execution-ended') continue;
        const again = decide(definition, decision.token, what, { now });
        expect(again.token.transitionCount).toBe(decision.token.transitionCount);
        expect(again.token.data).toEqual(decision.token.data);
      }
    });
  });

  it('it stops moving by itself at a bound, with an incident that says so', () => {
    holds((moments) => {
      for (const { decision } of moments) {
        expect(decision.token.automaticSteps).toBeLessThanOrEqual(MAX_AUTOMATIC_STEPS);
        expect(count(decision, 'TRANSITION_FIRED')).toBeLessThanOrEqual(MAX_AUTOMATIC_STEPS + 1);
      }
    });
  });
});

/** How the agent was used whose success this moment brings, if it was waited for. */
function endedUse({ definition, before, input: what }: Moment): AgentUse | undefined {
  if (what.type !== 'execution-ended' || what.outcome.status !== 'succeeded') return undefined;
  if (before.pending?.executionId === what.executionId) {
    return findTransition(definition, before.pending.transitionId)?.agentExecution;
  }
  const [id] = Object.entries(before.placeAgentRuns).find(([, runs]) => runs.executionId === what.executionId) ?? [];
  return definition.placeAgents.find((agent) => agent.id === id);
}

/** Whether the answer has everything that the mapping names. */
function isWhole({ outputMapping }: AgentUse, { input: what }: Moment): boolean {
  if (what.type !== 'execution-ended' || what.outcome.status !== 'succeeded') return false;
  const { output = {} } = what.outcome.result;
  return Object.values(outputMapping).every(
    (name) => name === 'response' || readKeys(output, name.split('.')) !== undefined,
  );
}

function waitedFor({ pending, placeAgentRuns }: Token): readonly string[] {
  const runs = Object.values(placeAgentRuns).flatMap(({ executionId }) => executionId ?? []);
  return pending === undefined ? runs : [pending.executionId, ...runs];
}

function shadowsOf({ shadows = {} }: Token): readonly string[] {
  return Object.keys(shadows);
}

function valueAt(token: Token, path: string) {
  const parsed = parsePath(path);
  return parsed === undefined ? undefined : readPath(token, parsed);
}
