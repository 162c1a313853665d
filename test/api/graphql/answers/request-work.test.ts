import { describe, expect, it } from 'vitest';

import { RequestWork } from '../../../../src/api/graphql/answers/request-work.js';
import { Turns } from '../../../../src/api/graphql/answers/turns.js';
import type { Steps } from '../../../../src/core/steps.js';
import { countingTurns } from '../../../support/event-loop-turns.js';

describe('the work of a request', () => {
  let nowMs = 0;
  const taking = (ms: number) => () => {
    nowMs += ms;
    return 'done';
  };
  const newWork = () => new RequestWork(new Turns(), () => nowMs);

  it('is done once under one key, however often it is asked for', async () => {
    const work = newWork();
    let count = 0;
    const ask = () => work.once('it', () => (count += 1));
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    work.forget();
    expect(await ask()).toBe(2);
  });

  it('ends with a code when it has taken two seconds', async () => {
    const work = newWork();
    for (let n = 0; n < 3; n += 1) expect(await work.run(taking(900))).toBe('done');
    await expect(work.run(taking(1))).rejects.toMatchObject({ code: 'QUERY_TOO_COSTLY' });
    work.renew();
    expect(await work.run(taking(1))).toBe('done');
  });

  it('is done in turns where it has steps, and each of them is counted', async () => {
    const work = newWork();
    const steps = function* (count: number): Steps<string> {
      for (let n = 0; n < count; n += 1) {
        taking(6)();
        yield;
      }
      return 'done';
    };
    const { value, turns } = await countingTurns(() => work.onceInSteps('it', () => steps(20)));
    expect(value).toBe('done');
    // Two steps fill a turn.
    expect(turns).toBeGreaterThanOrEqual(10);
    await expect(work.inSteps(steps(400))).rejects.toMatchObject({ code: 'QUERY_TOO_COSTLY' });
  });

  it('ends with a code when its lists have 100,000 fields', () => {
    const work = newWork();
    work.countFields(100_000);
    expect(() => {
      work.countFields(1);
    }).toThrow(expect.objectContaining({ code: 'QUERY_TOO_COSTLY' }) as Error);
  });

  it('ends with a code when the workflows that it reads have 64 MiB', () => {
    const work = newWork();
    work.countRead(64 * 1024 * 1024);
    expect(() => {
      work.countRead(1);
    }).toThrow(expect.objectContaining({ code: 'QUERY_TOO_COSTLY' }) as Error);
  });
});
