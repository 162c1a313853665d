import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import { effectiveDefinition } from '../../../src/core/definitions/effective-definition.js';
import { modeFor, sharedVersion, shareOf } from '../../../src/core/definitions/rollout.js';
import { aDefinition, aPlaceAgent, aToken, aTransition, anAgentTransition, facts } from '../../support/builders.js';

const ids = Array.from({ length: 10_000 }, (_, number) => `order-${number}`);
const within = (percent: number) => new Set(ids.filter((id) => modeFor({ mode: 'on', percent }, id) === 'on'));

describe('the share of tokens that an agent is brought in for', () => {
  it('only adds tokens as it grows, and has all of them at 100 and none at 0', () => {
    let before = within(0);
    expect(before.size).toBe(0);
    for (const percent of [0.01, 1, 10, 10.5, 50, 99.99, 100]) {
      const after = within(percent);
      expect([...before].filter((id) => !after.has(id))).toEqual([]);
      before = after;
    }
    expect(before.size).toBe(ids.length);
  });

  it.each([
    ['numbered ids', ids],
    ['UUIDs', ids.map((_, number) => `7f9c24e8-3b1a-4f6e-9d00-${number.toString(16).padStart(12, '0')}`)],
    ['ids that differ at their beginning', ids.map((_, number) => `${number}-of-a-long-list-of-documents`)],
  ])('is even over %s', (_, some) => {
    for (const percent of [1, 10, 50, 90]) {
      const share = some.filter((id) => modeFor({ mode: 'on', percent }, id) === 'on').length / some.length;
      // Five standard deviations of a fair draw.
      const spread = 5 * Math.sqrt(((percent / 100) * (1 - percent / 100)) / some.length);
      expect(Math.abs(share - percent / 100)).toBeLessThan(spread);
    }
  });

  it('of 1,000 tokens that live from 0 over 10 to 100 percent starts the agent of exactly those that the hash says, and none changes sides', () => {
    const some = ids.slice(0, 1000);
    const starts = (percent: number) => {
      const use = anAgentTransition({ required: false, rollout: { mode: 'on', percent } });
      const definition = aDefinition({ transitions: [aTransition({ id: 'review', agentExecution: use })] });
      return some.filter((id) => {
        const { token } = decide(
          definition,
          aToken(definition, { id }),
          { type: 'fire', transitionId: 'review' },
          facts,
        );
        return token.pending !== undefined;
      });
    };
    const atTen = some.filter((id) => shareOf(id) < 1000);
    expect(starts(0)).toEqual([]);
    expect(starts(10)).toEqual(atTen);
    expect(starts(100)).toEqual(some);
    expect(atTen.length).toBeGreaterThan(60);
    expect(atTen.length).toBeLessThan(140);
  });

  it('stays what it was: tokens keep their side over updates of this program', () => {
    expect(['order-1', 'order-2', 'päckchen', ''].map(shareOf)).toEqual(SHARES);
  });

  it('gives each version its part, whatever the mode is for', () => {
    const shares = [
      { version: 1, percent: 90 },
      { version: 2, percent: 10 },
    ];
    const newer = ids.filter((id) => sharedVersion(shares, `reviewer ${id}`) === 2);
    expect(newer.length / ids.length).toBeCloseTo(0.1, 1);
    const onToo = newer.filter((id) => modeFor({ mode: 'on', percent: 50 }, id) === 'on');
    expect(onToo.length / newer.length).toBeGreaterThan(0.4);
    expect(onToo.length / newer.length).toBeLessThan(0.6);
  });
});

const SHARES = [6732, 5664, 1508, 8923];

describe('what was said since of how far agents are brought in', () => {
  const rollout = { mode: 'off', percent: 100 } as const;
  const definition = aDefinition({
    transitions: [aTransition({ id: 'review', agentExecution: anAgentTransition() }), aTransition({ id: 'plain' })],
    placeAgents: [aPlaceAgent({ id: 'review' })],
  });

  it('holds for the use that was named, and for no other of the same name', () => {
    const said = (use: { transitionId: string } | { placeAgentId: string }) =>
      effectiveDefinition(definition, { placeAgents: [], rollouts: [{ use, agentId: 'reviewer', rollout }] });
    const first = said({ transitionId: 'review' });
    expect(first.transitions[0]?.agentExecution?.rollout).toEqual(rollout);
    expect(first.placeAgents).toEqual(definition.placeAgents);
    const second = said({ placeAgentId: 'review' });
    expect(second.placeAgents[0]?.rollout).toEqual(rollout);
    expect(second.transitions).toEqual(definition.transitions);
  });

  it('leaves an agent on where a version requires it that was to run in the shadow', () => {
    const shadow = { mode: 'shadow', percent: 100 } as const;
    const use = { transitionId: 'review' };
    const said = { use, agentId: 'reviewer', rollout: shadow };
    const { transitions } = effectiveDefinition(definition, { placeAgents: [], rollouts: [said] });
    expect(transitions[0]?.agentExecution?.rollout).toEqual({ mode: 'on', percent: 100 });
  });

  it('says nothing of versions where another agent is used by now', () => {
    const agentVersions = [{ version: 7, percent: 100 }];
    const versionsOf = (agentId: string) => {
      const said = { use: { transitionId: 'review' }, agentId, rollout, agentVersions };
      const { transitions } = effectiveDefinition(definition, { placeAgents: [], rollouts: [said] });
      return transitions[0]?.agentExecution?.agentVersions;
    };
    expect(versionsOf('reviewer')).toEqual(agentVersions);
    expect(versionsOf('another')).toBeUndefined();
  });

  it('is nothing where a version has no such use', () => {
    const rollouts = [
      { use: { transitionId: 'plain' }, agentId: 'reviewer', rollout },
      { use: { placeAgentId: 'gone' }, agentId: 'reviewer', rollout },
    ];
    expect(effectiveDefinition(definition, { placeAgents: [], rollouts })).toEqual(definition);
  });
});
