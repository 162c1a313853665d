import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { settledHeap } from '../../support/settled-heap.js';

const MIB = 1024 * 1024;
const DOCUMENTS = 300;

describe('the documents of strangers', () => {
  let api: ApiUnderTest;

  beforeEach(async () => {
    api = await apiUnderTest();
  });
  afterEach(() => api.stop());

  async function post(query: string): Promise<string> {
    return (await api.app.inject({ method: 'POST', url: '/graphql', payload: { query } })).body;
  }

  const fields = Array.from({ length: 600 }, (_, n) => `a${n}:__typename`).join(' ');

  it.each([
    ['many words', (n: number) => `{ ${fields} b${n}:__typename }`, 'Query'],
    ['a long comment', (n: number) => `{ b${n}:__typename } # ${'x'.repeat(MIB - 200)}`, 'GRAPHQL_PARSE_FAILED'],
    ['errors', (n: number) => `{ ${fields} b${n}:moon } # ${'x'.repeat(50_000)}`, 'GRAPHQL_VALIDATION_FAILED'],
  ])('are forgotten, however many come: those with %s', async (_what, document, answer) => {
    for (let n = 0; n < 5; n += 1) expect(await post(document(n))).toContain(answer);
    const before = await settledHeap();
    for (let n = 5; n < DOCUMENTS; n += 1) await post(document(n));
    // Each takes half a megabyte once it is read, or more than one as it came.
    expect((await settledHeap()) - before).toBeLessThan(100 * MIB);
  });
});
