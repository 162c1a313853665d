import { describe, expect, it } from 'vitest';

import {
  carriedFires,
  MAX_CARRIED_FIRES_BYTES,
  recallFire,
  rememberFire,
  REMEMBERED_FIRES,
  type IdempotentFires,
} from '../../../src/core/tokens/idempotent-fires.js';

describe('accepted fires', () => {
  const fires = rememberFire([], { transitionId: 'a', data: { x: 1, y: 2 }, idempotencyKey: 'k' }, 'e1');

  it('know the same fire by key and content, whatever the order of members', () => {
    const repeated = { idempotencyKey: 'k', data: { y: 2, x: 1 }, transitionId: 'a' };
    expect(recallFire(fires, repeated)).toEqual({ type: 'repeated', executionId: 'e1' });
  });

  it('tell other content under a known key', () => {
    expect(recallFire(fires, { transitionId: 'b', idempotencyKey: 'k' }).type).toBe('mismatch');
  });

  it('forget the oldest', () => {
    let many: IdempotentFires = fires;
    for (let n = 0; n < REMEMBERED_FIRES; n += 1) {
      many = rememberFire(many, { transitionId: 'a', idempotencyKey: String(n) }, undefined);
    }
    expect(many).toHaveLength(REMEMBERED_FIRES);
    expect(recallFire(many, { transitionId: 'a', idempotencyKey: 'k' }).type).toBe('new');
  });

  describe('that a new run goes on with', () => {
    const remembered = (key: string, executionId: string) =>
      Array.from({ length: REMEMBERED_FIRES }, (_, n) => n).reduce<IdempotentFires>(
        (fires, n) => rememberFire(fires, { transitionId: 'a', idempotencyKey: `${key}${n}` }, `${executionId}:${n}`),
        [],
      );

    it('are all of them where keys are short', () => {
      const short = remembered('invoice-', 'token');
      expect(carriedFires(short)).toEqual(short);
      expect(carriedFires([])).toEqual([]);
    });

    it('are the newest that fit into a payload, whatever their keys are written in', () => {
      const long = remembered('\u0001'.repeat(190), '\u0001'.repeat(180));
      const carried = carriedFires(long);
      const bytesOf = (fires: IdempotentFires) => Buffer.byteLength(JSON.stringify(fires));
      expect(carried).toEqual(long.slice(-carried.length));
      expect(bytesOf(carried)).toBeLessThanOrEqual(MAX_CARRIED_FIRES_BYTES);
      expect(bytesOf(long.slice(-carried.length - 1))).toBeGreaterThan(MAX_CARRIED_FIRES_BYTES);
    });
  });
});
