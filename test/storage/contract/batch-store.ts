import { expect, it } from 'vitest';

import type { BatchCaller, BatchRequest, BatchStore } from '../../../src/storage/batch-store.js';

const LIMITS = { lines: 10, bytes: 1000 };
const ANSWER = { type: 'answered', status: 200, requestId: 'req', body: '{"text":"\\u0000"}' } as const;
const OTHER = { type: 'failed', code: 'timeout', message: 'It expired.' } as const;

function aRequest(id: string, groupId: string, body = '{}'): BatchRequest {
  return { executionId: id, turn: 1, customId: `line-${id}`, groupId, path: '/v1/responses', body };
}

function by(runId: string, second: number): BatchCaller {
  return { runId, now: at(second) };
}

function at(second: number): string {
  return `2026-11-30T05:00:0${second}.000Z`;
}

export function batchStoreContract(store: () => BatchStore): void {
  const join = async (ids: readonly string[], groupId: string, body?: string) => {
    for (const [index, id] of ids.entries()) await store().join(aRequest(id, groupId, body), by('run-1', index));
  };

  it('puts the oldest that wait into a batch, as many as fit, each into one only', async () => {
    await join(['b-1', 'b-2', 'b-3'], 'group-1');
    await join(['b-other'], 'group-2');
    expect(await store().join(aRequest('b-1', 'group-1', '{"other":1}'), by('run-1', 9))).toBe(true);
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
    expect(await store().beginSubmission('batch-s1', { accounts: ['one', 'two'], lines: 3, now: at(2) })).toBe('one');
    expect(await store().beginSubmission('batch-s1', { accounts: ['two'], lines: 2, now: at(3) })).toBe('one');
    const submission = { firstAt: at(2), lastAt: at(3), lines: 2, account: 'one' };
    expect(await store().submissionOf('batch-s1')).toEqual(submission);
    await store().endSubmission('batch-s1', 'theirs-1');
    await store().endSubmission('batch-s1', 'theirs-2');
    await store().dropSubmission('batch-s1', at(3));
    expect(await store().submissionOf('batch-s1')).toMatchObject({ lines: 2, providerBatchId: 'theirs-1' });
    await store().beginSubmission('batch-s2', { accounts: ['two'], lines: 1, now: at(4) });
    expect(await store().submittedSince(at(3))).toEqual(['theirs-1']);
    expect(await store().submittedSince(at(4))).toEqual([]);
    await store().dropSubmission('batch-s2', at(3));
    expect(await store().submissionOf('batch-s2')).toMatchObject({ lastAt: at(4) });
    await store().dropSubmission('batch-s2', at(4));
    expect(await store().submissionOf('batch-s2')).toBeUndefined();
    await store().forgetBefore(at(4));
    expect(await store().submissionOf('batch-s1')).toBeUndefined();
  });

  it('gives each batch to the account with the fewest lines under way, the first of equals', async () => {
    const accounts = ['k-1', 'k-2', 'k-3'] as const;
    const begin = async (batchId: string, lines: number, among: readonly [string, ...string[]] = accounts) => {
      await join(
        Array.from({ length: lines }, (_, index) => `${batchId}-${index}`),
        batchId,
      );
      await store().claim(batchId, batchId, LIMITS);
      return await store().beginSubmission(batchId, { accounts: among, lines, now: at(1) });
    };
    expect(await begin('k-a', 3)).toBe('k-1');
    expect(await begin('k-b', 1)).toBe('k-2');
    expect(await begin('k-c', 2)).toBe('k-3');
    expect(await begin('k-d', 1)).toBe('k-2');
    await store().answerRest('k-a', OTHER);
    expect(await begin('k-e', 1)).toBe('k-1');
    expect(await begin('k-f', 1, ['k-3'])).toBe('k-3');
    for (let line = 0; line < 2; line += 1)
      await store().leave({ executionId: `k-c-${line}`, turn: 1 }, by('run-1', 1));
    expect(await Promise.all(['k-g', 'k-h', 'k-i'].map((id) => begin(id, 2)))).toHaveLength(3);
    const given = await Promise.all(['k-g', 'k-h', 'k-i'].map((id) => store().submissionOf(id)));
    expect(new Set(given.map((one) => one?.account))).toEqual(new Set(accounts));
  });

  it('does not take who has left, however late its request is; another run of it may join', async () => {
    const place = { executionId: 't-1', turn: 1 };
    await store().leave(place, by('run-1', 1));
    expect(await store().join(aRequest('t-1', 'group-t'), by('run-1', 2))).toBe(false);
    expect(await store().claim('group-t', 'batch-t', LIMITS)).toBe(0);
    expect(await store().join(aRequest('t-1', 'group-t'), by('run-2', 3))).toBe(true);
    expect(await store().join(aRequest('t-1', 'group-late'), by('run-1', 3))).toBe(false);
    expect(await store().join(aRequest('t-1', 'group-t'), by('run-2', 3))).toBe(true);
    await store().claim('group-t', 'batch-t', LIMITS);
    expect(await store().requestsIn('batch-t')).toEqual([aRequest('t-1', 'group-t')]);
    await store().leave(place, by('run-2', 4));
    await store().leave(place, by('run-2', 5));
    expect(await store().placesIn('batch-t')).toEqual([]);
    expect(await store().join(aRequest('t-1', 'group-t'), by('run-2', 6))).toBe(false);
    await store().forgetBefore(at(6));
    expect(await store().join(aRequest('t-1', 'group-t'), by('run-2', 7))).toBe(true);
  });

  it('lets nobody wait who leaves while it joins', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `r-${index}`);
    await Promise.all(
      ids.flatMap((id) => [
        store().join(aRequest(id, 'group-r'), by('run-1', 1)),
        store().leave({ executionId: id, turn: 1 }, by('run-1', 2)),
      ]),
    );
    expect(await store().claim('group-r', 'batch-r', { lines: 100, bytes: 10_000 })).toBe(0);
  });

  it('says since when a turn waits, for which batch, and whether that has its answer, until it leaves', async () => {
    await join(['w-1', 'w-2'], 'group-w');
    expect(await store().waitOf('w-2', 1)).toEqual({ joinedAt: at(1), isAnswered: false });
    await store().claim('group-w', 'batch-w', LIMITS);
    await store().answer('batch-w', 'line-w-1', ANSWER);
    expect(await store().waitOf('w-1', 1)).toEqual({ joinedAt: at(0), batchId: 'batch-w', isAnswered: true });
    await store().leave({ executionId: 'w-1', turn: 1 }, by('run-1', 2));
    expect(await Promise.all([store().waitOf('w-1', 1), store().waitOf('w-2', 2)])).toEqual([undefined, undefined]);
  });

  it('has nothing for who has left, or was forgotten', async () => {
    await join(['f-1', 'f-2', 'f-3'], 'group-f');
    await store().claim('group-f', 'batch-f', LIMITS);
    await store().leave({ executionId: 'f-3', turn: 1 }, by('run-1', 1));
    expect(await store().answer('batch-f', 'line-f-3', ANSWER)).toBe(false);
    await store().forgetBefore(at(1));
    expect((await store().placesIn('batch-f')).map(({ executionId }) => executionId)).toEqual(['f-2']);
    expect(await store().answerOf('f-1', 1)).toBeUndefined();
  });
}
