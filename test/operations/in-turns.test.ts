import { describe, expect, it } from 'vitest';

import { availabilitySteps } from '../../src/core/engine/available-transitions.js';
import type { JsonObject } from '../../src/core/json/json.js';
import { canonicalJson, canonicalJsonSteps } from '../../src/core/json/json.js';
import { atOnce, type Steps } from '../../src/core/steps.js';
import { checkWorkflowSteps } from '../../src/core/validation/check-definition.js';
import { workflowInputSteps } from '../../src/core/validation/definition-schema.js';
import { inTurns, oneTurnOf } from '../../src/operations/in-turns.js';
import { aDefinition, anAgentTransition, aToken, aTransition } from '../support/builders.js';
import { countingTurns } from '../support/event-loop-turns.js';

const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));

function countSteps(steps: Steps<unknown>): number {
  let count = 0;
  while (steps.next().done !== true) count += 1;
  return count;
}

function* counting(steps: number, onStep: () => void = () => undefined): Steps<string> {
  for (let n = 0; n < steps; n += 1) {
    onStep();
    yield;
  }
  return 'done';
}

describe('work in steps', () => {
  it('has as many steps in one turn of the loop as find time, and at least one', () => {
    let now = 0;
    const steps = counting(7, () => (now += 4));
    const clock = () => now;
    expect(oneTurnOf(steps, clock).done).toBe(false);
    expect(now).toBe(12);
    while (oneTurnOf(steps, clock).done !== true);
    expect(now).toBe(28);
    expect(oneTurnOf(counting(0), clock)).toEqual({ done: true, value: 'done' });
  });

  it('lets everything else have its turn in between', async () => {
    const takingATurn = () => {
      for (const startedAt = performance.now(); performance.now() - startedAt < 11;);
    };
    const { value, turns } = await countingTurns(() => inTurns(counting(5, takingATurn)));
    expect(value).toBe('done');
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe('what a definition costs is in small steps:', () => {
  const rule = { type: 'FieldExists' as const, field: 'data.a' };
  const agentExecution = anAgentTransition();
  const definition = aDefinition({
    rules: Object.fromEntries(many(20, (n) => [`r${n}`, rule])),
    transitions: many(200, (n) => aTransition({ id: `t${n}`, rules: many(10, () => rule), agentExecution })),
  });
  const { id: _, version: __, ...content } = definition;

  it('each rule is read by itself', () => {
    expect(countSteps(workflowInputSteps(content))).toBeGreaterThan(2020);
  });

  it('each transition is checked by itself', () => {
    expect(countSteps(checkWorkflowSteps(content, { agents: { find: () => undefined } }))).toBeGreaterThan(200);
  });

  it('each transition is tried by itself', () => {
    expect(countSteps(availabilitySteps(definition, aToken(definition)))).toBe(200);
  });

  it('the text that its hash is made of is written member by member, and is the same', () => {
    const json = JSON.parse(JSON.stringify({ ...content, empty: [{}, []] })) as JsonObject;
    expect(countSteps(canonicalJsonSteps(json))).toBeGreaterThan(2000);
    expect(atOnce(canonicalJsonSteps(json))).toBe(canonicalJson(json));
    expect(JSON.parse(canonicalJson(json))).toEqual(json);
  });
});
