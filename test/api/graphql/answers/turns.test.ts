import { describe, expect, it } from 'vitest';

import { Turns } from '../../../../src/api/graphql/answers/turns.js';

describe('turns', () => {
  it('are had by one asker after the other, each with its pieces in order', async () => {
    const turns = new Turns();
    const [one, other] = [{}, {}];
    const done: string[] = [];
    const note = (text: string) => () => done.push(text);
    await Promise.all([
      turns.take(one, note('one 1')),
      turns.take(one, note('one 2')),
      turns.take(one, note('one 3')),
      turns.take(other, note('other 1')),
      turns.take(other, note('other 2')),
    ]);
    expect(done).toEqual(['one 1', 'other 1', 'one 2', 'other 2', 'one 3']);
  });

  it('leave turns of the event loop to others in between', async () => {
    const turns = new Turns();
    const asker = {};
    let loops = 0;
    const watch = () => {
      loops += 1;
      if (loops < 100) setImmediate(watch);
    };
    setImmediate(watch);
    const at = await Promise.all(Array.from({ length: 5 }, () => turns.take(asker, () => loops)));
    for (const [n, loop] of at.entries()) if (n > 0) expect(loop - (at[n - 1] ?? 0)).toBeGreaterThanOrEqual(5);
  });

  it('go on when a piece throws, which its asker is told', async () => {
    const turns = new Turns();
    const failing = turns.take({}, () => {
      throw new Error('no');
    });
    const next = turns.take({}, () => 'done');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('done');
  });

  it('are given to what a piece asks for in its own turn', async () => {
    const turns = new Turns();
    const asker = {};
    const inner = await turns.take(asker, () => turns.take(asker, () => 'inner'));
    expect(inner).toBe('inner');
  });
});
