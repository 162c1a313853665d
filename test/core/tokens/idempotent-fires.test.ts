import { describe, expect, it } from 'vitest';

import {
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
});
