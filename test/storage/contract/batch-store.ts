import { expect, it } from 'vitest';

import type { BatchRequest, BatchStore } from '../../../src/storage/batch-store.js';

const LIMITS = { lines: 10, bytes: 1000 };
const ANSWER = { type: 'answered', status: 200, requestId: 'req', body: '{"text":"\\u0000"}' } as const;
const OTHER = { type: 'failed', code: 'timeout', message: 'It expired.' } as const;

function aRequest(id: string, groupId: string, body = '{}'): BatchRequest {
  return { executionId: id, turn: 1, customId: `line-${id}`, groupId, path: '/v1/responses', body };
}

function at(second: number): string {
  return `2026-11-30T05:00:0${second}.000Z`;
}

export function batchStoreContract(store: () => BatchStore): void {
  const join = async (ids: readonly string[], groupId: string, body?: string) => {
    for (const [index, id] of ids.entries()) await store().join(aRequest(id, groupId, body), at(index));
  };

  it('puts the oldest that wait into a batch, as many as fit, each into one only', async () => {
    await join(['b-1', 'b-2', 'b-3'], 'group-1');
    await join(['b-other'], 'group-2');
    await store().join(aRequest('b-1', 'group-1', '{"other":1}'), at(9));
    expect(await store().claim('group-1', 'batch-1', { ...LIMITS, lines: 2 })).toBe(2);
    expect(await store().claim('group-1', 'batch-1', LIMITS)).toBe(2);
    expect(await store().requestsIn('batch-1')).toEqual([aRequest('b-1', 'group-1'), aRequest('b-2', 'group-1')]);
    expect(await store().claim('group-1', 'batch-2', LIMITS)).toBe(1);
    expect(await store().claim('group-1', 'batch-3', LIMITS)).toBe(0);
  });

  it('lets a request that is too large for a batch with others go alone', async () => {
    await join(['l-1', 'l-2'], 'group-large', `{"text":"${'ö'.repeat(400)}"}`);
    expect(await store().claim('group-large', 'batch-l1', LIMITS)).toBe(1);
    expect(await store().claim('group-large', 'batch-l2', { ...LIMITS, bytes: 10 })).toBe(1);
  });

  it('keeps what came of a line first, and nothing of lines that it does not have', async () => {
    await join(['a-1', 'a-2'], 'group-a');
    await store().claim('group-a', 'batch-a', LIMITS);
    expect(await store().answer('batch-a', 'line-of-nobody', ANSWER)).toBe(false);
    expect(await store().answer('batch-other', 'line-a-1', ANSWER)).toBe(false);
    expect(await store().answer('batch-a', 'line-a-1', ANSWER)).toBe(true);
    expect(await store().answer('batch-a', 'line-a-1', OTHER)).toBe(true);
    expect((await store().placesIn('batch-a')).map(({ isAnswered }) => isAnswered)).toEqual([true, false]);
    await store().answerRest('batch-a', OTHER);
    expect(await Promise.all(['a-1', 'a-2'].map((id) => store().answerOf(id, 1)))).toEqual([ANSWER, OTHER]);
  });

  it('notes who has begun to submit a batch, and what the provider calls it', async () => {
    expect(await store().submissionOf('batch-s1')).toBeUndefined();
    await store().beginSubmission('batch-s1', 3, at(2));
    await store().beginSubmission('batch-s1', 2, at(3));
    expect(await store().submissionOf('batch-s1')).toEqual({ firstAt: at(2), lastAt: at(3), lines: 2 });
    await store().endSubmission('batch-s1', 'theirs-1');
    await store().endSubmission('batch-s1', 'theirs-2');
    await store().dropSubmission('batch-s1');
    expect(await store().submissionOf('batch-s1')).toMatchObject({ lines: 2, providerBatchId: 'theirs-1' });
    await store().beginSubmission('batch-s2', 1, at(4));
    expect(await store().submittedSince(at(3))).toEqual(['theirs-1']);
    expect(await store().submittedSince(at(4))).toEqual([]);
    await store().dropSubmission('batch-s2');
    expect(await store().submissionOf('batch-s2')).toBeUndefined();
    await store().forgetBefore(at(4));
    expect(await store().submissionOf('batch-s1')).toBeUndefined();
  });

  it('has nothing for who has left, or was forgotten', async () => {
    await join(['f-1', 'f-2', 'f-3'], 'group-f');
    await store().claim('group-f', 'batch-f', LIMITS);
    await store().leave('f-3', 1);
    expect(await store().answer('batch-f', 'line-f-3', ANSWER)).toBe(false);
    await store().forgetBefore(at(1));
    expect((await store().placesIn('batch-f')).map(({ executionId }) => executionId)).toEqual(['f-2']);
    expect(await store().answerOf('f-1', 1)).toBeUndefined();
  });
}
