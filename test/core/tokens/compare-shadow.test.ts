import { describe, expect, it } from 'vitest';

import { compareShadow } from '../../../src/core/tokens/compare-shadow.js';
import type { TokenEvent } from '../../../src/core/tokens/token.js';

const BEGAN = '2026-11-30T10:00:00.000Z';
const LATER = '2026-11-30T11:00:00.000Z';

const event = (fields: Partial<TokenEvent> & Pick<TokenEvent, 'type'>): TokenEvent => ({
  version: 1,
  place: 'a',
  timestamp: BEGAN,
  ...fields,
});
const moved = (to: string, timestamp = BEGAN) =>
  event({ type: 'TRANSITION_FIRED', details: { from: 'x', to }, timestamp });
const began = event({ type: 'EXECUTION_STARTED', executionId: 'e' });
const ended = (path: readonly string[]) =>
  event({ type: 'EXECUTION_FINISHED', executionId: 'e', details: { shadow: true, path }, timestamp: LATER });

const compare = (events: readonly TokenEvent[], known?: readonly string[]) =>
  compareShadow([event({ type: 'CREATED' }), moved('before'), began, ...events], { executionId: 'e', known });

describe('a shadow and what happened beside it', () => {
  it('agree where the token went the same way, whatever came of it later', () => {
    expect(compare([moved('in'), ended(['in', 'good']), moved('good', LATER)]).isElsewhere).toBe(false);
    expect(compare([moved('in'), ended(['in']), moved('good', LATER)]).isElsewhere).toBe(false);
  });

  it('differ at the first place that is another', () => {
    expect(compare([moved('in'), ended(['in', 'good']), moved('bad', LATER)])).toEqual({
      path: ['in', 'good'],
      happened: ['in', 'bad'],
      isElsewhere: true,
    });
  });

  it('differ where the token went on by itself at that moment, and would have stayed', () => {
    expect(compare([moved('in'), moved('queue'), ended(['in'])]).isElsewhere).toBe(true);
  });

  it('are undecided while the token may still do the same, and differ once it is over', () => {
    const open = compare([moved('in'), ended(['in', 'good'])]);
    expect(open.isElsewhere).toBeUndefined();
    const over = compare([moved('in'), ended(['in', 'good']), event({ type: 'CANCELLED' })]);
    expect(over.isElsewhere).toBe(true);
  });

  it('are compared by the path that is known where the token was over before', () => {
    expect(compare([moved('done'), event({ type: 'COMPLETED' })], ['done']).isElsewhere).toBe(false);
    expect(compare([moved('done'), event({ type: 'COMPLETED' })])).toEqual({ happened: ['done'] });
  });

  it('are not compared where nobody knows when the shadow began', () => {
    const events = [moved('in'), ended(['in'])];
    expect(compareShadow(events, { executionId: 'e', known: ['in'] })).toEqual({ happened: [] });
  });

  it('of a place agent that would have done nothing agree while the token stays', () => {
    expect(compare([ended([])]).isElsewhere).toBe(false);
    expect(compare([ended([]), moved('next', LATER)]).isElsewhere).toBe(false);
  });
});
