import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import { MomentBounds } from '../../../src/core/engine/decision-bounds.js';
import { startedIn } from '../../../src/workflows/started-executions.js';
import type { Decision, TokenInput } from '../../../src/core/engine/decision.js';
import type { Token } from '../../../src/core/tokens/token.js';
import { aDefinition, aPlaceAgent, aResult, aToken, aTransition, facts } from '../../support/builders.js';

const AGENTS = 500;
const MOST = 8 * 1024 * 1024;
const thrice = { a: 'data', b: 'data', c: 'data' };
const crowd = (inputMapping: Record<string, string>, agents = AGENTS) =>
  aDefinition({
    transitions: [aTransition({ id: 'go' }), aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' })],
    placeAgents: Array.from({ length: agents }, (_, n) =>
      aPlaceAgent({ id: `reviewed-${n}`, placeId: 'reviewed', inputMapping }),
    ),
  });
const data = { text: 'x'.repeat(250_000) };

function bytesStarted({ effects }: Decision): number {
  return startedIn(effects).reduce((sum, execution) => sum + JSON.stringify(execution).length, 0);
}

describe('what one decision starts', () => {
  const definition = crowd(thrice);
  const token = aToken(definition, { data });

  it.each<readonly [string, Token, TokenInput]>([
    ['a fire', token, { type: 'fire', transitionId: 'go' }],
    ['a change', { ...token, place: 'reviewed' }, { type: 'update', metadata: { a: 1 } }],
    ['to run them now', { ...token, place: 'reviewed' }, { type: 'trigger-place-agents' }],
  ])('is refused to whoever asks for more than Temporal can carry: %s', (_what, before, input) => {
    const decision = decide(definition, before, input, facts);
    expect(decision).toMatchObject({ refusal: { code: 'TOKEN_TOO_LARGE' }, effects: [], reachedBounds: true });
    expect(decision.refusal?.message).toMatch(/8388608 bytes/);
    expect(decision.token).toBe(before);
  });

  it('where nobody asks is as much as Temporal can carry, and an incident says what waits', () => {
    const created = decide(definition, { ...token, place: 'reviewed' }, { type: 'created' }, facts);
    expect(bytesStarted(created)).toBeLessThanOrEqual(MOST);
    expect(created.effects.length).toBe(11);
    expect(created.token.incident).toMatchObject({ code: 'prompt_too_large', placeAgentId: 'reviewed-11' });
    expect(created.events.filter(({ type }) => type === 'INCIDENT_RAISED')).toHaveLength(1);
  });

  it('goes on when there is room: all of them run in the end, and the incident is over', () => {
    const agents = 60;
    const fewer = crowd(thrice, agents);
    let { token: next, effects } = decide(fewer, { ...token, place: 'reviewed' }, { type: 'created' }, facts);
    const begun = startedIn(effects).map(({ executionId }) => executionId);
    for (const executionId of begun) {
      const outcome = { status: 'succeeded', result: aResult({ executionId }) } as const;
      ({ token: next, effects } = decide(fewer, next, { type: 'execution-ended', executionId, outcome }, facts));
      begun.push(...startedIn(effects).map((execution) => execution.executionId));
    }
    expect(new Set(begun).size).toBe(agents);
    expect(next).not.toHaveProperty('incident');
  });

  it('counts what waits for Temporal already, and what its history has', () => {
    const carried = { startingBytes: 0, historyBytes: 0 };
    const started = (already: Partial<typeof carried>) =>
      decide(
        definition,
        { ...token, place: 'reviewed' },
        { type: 'created' },
        { ...facts, bounds: new MomentBounds().at(facts.now, { ...carried, ...already }) },
      ).effects.length;
    expect([started({}), started({ startingBytes: MOST - 2_000_000 }), started({ startingBytes: MOST })]).toEqual([
      11, 2, 0,
    ]);
    expect([started({ historyBytes: 10_000_000 }), started({ historyBytes: 23 * 1024 * 1024 })]).toEqual([11, 1]);
  });

  it('is measured in no time, however often a mapping names the same', () => {
    const inputMapping = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`n${n}`, 'data']));
    const many = crowd(inputMapping);
    const decision = decide(many, aToken(many, { data }), { type: 'fire', transitionId: 'go' }, facts);
    expect(decision.token.incident).toMatchObject({
      code: 'prompt_too_large',
      message: expect.stringMatching(/more than \d+ bytes/) as string,
    });
    expect(decision.effects).toEqual([]);
  });
});

describe('changes of a token of 18,000 keys', () => {
  const definition = aDefinition({ transitions: [aTransition({ id: 'stay', toPlace: 'submitted' })] });
  const wide = aToken(definition, {
    data: Object.fromEntries(Array.from({ length: 18_000 }, (_, n) => [`k${n}`, n])),
  });

  it.each<readonly [string, (n: number) => TokenInput]>([
    ['fires', (n) => ({ type: 'fire', transitionId: 'stay', data: { n } })],
    ['updates', (n) => ({ type: 'update', data: { n } })],
  ])(
    'share the time of their moment: of a thousand %s at once some are taken, and the others told to try again',
    (_what, one) => {
      const moment = new MomentBounds();
      const burst = (token: Token, now: string) => {
        let last = token;
        const refusals: (string | undefined)[] = [];
        for (let n = 0; n < 1000; n += 1) {
          const bounds = moment.at(now, { startingBytes: 0, historyBytes: 0 });
          const decision = decide(definition, last, one(n), { ...facts, now, bounds });
          refusals.push(decision.refusal?.code);
          last = decision.token;
        }
        return { last, refusals };
      };
      const first = burst(wide, facts.now);
      const taken = first.refusals.indexOf('RATE_LIMITED');
      expect(taken).toBeGreaterThan(15);
      expect(taken).toBeLessThan(100);
      expect(new Set(first.refusals.slice(taken))).toEqual(new Set(['RATE_LIMITED']));
      expect(first.last.data['n']).toBe(taken - 1);
      const next = burst(first.last, '2026-11-23T05:00:00.001Z');
      expect(next.refusals.indexOf('RATE_LIMITED')).toBe(taken);
    },
  );

  it('a thousand fires that change no data are all taken, and so are those of a small token', () => {
    const small = aToken(definition, { data: { n: 1 } });
    for (const [token, data] of [
      [wide, undefined],
      [small, { n: 2 }],
    ] as const) {
      const moment = new MomentBounds();
      let last = token;
      for (let n = 0; n < 1000; n += 1) {
        const bounds = moment.at(facts.now, { startingBytes: 0, historyBytes: 0 });
        const input = {
          type: 'fire',
          transitionId: 'stay',
          ...(data === undefined ? {} : { data: { ...data, n } }),
        } as const;
        last = decide(definition, last, input, { ...facts, bounds }).token;
      }
      expect(last.transitionCount).toBe(1000);
    }
  });
});
