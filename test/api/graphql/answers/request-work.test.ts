import { describe, expect, it } from 'vitest';

import { RequestWork } from '../../../../src/api/graphql/answers/request-work.js';
import { Turns } from '../../../../src/api/graphql/answers/turns.js';

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

  it('ends with a code when its lists have 100,000 fields', () => {
    const work = newWork();
    work.countFields(100_000);
    expect(() => {
      work.countFields(1);
    }).toThrow(expect.objectContaining({ code: 'QUERY_TOO_COSTLY' }) as Error);
  });
});
