import { describe, expect, it } from 'vitest';

import type { KeptAnswer, TakenCall } from '../../../src/storage/answer-cache-store.js';
import type { Storage } from '../../../src/storage/storage.js';
import { NOW } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { anExecution } from './execution-store.js';

const TOLD = { text: 'Fine \u{1F600}.', warnings: ['topP was not sent.'] };

function aCall(key: string, owner: string, fields: Partial<TakenCall> = {}): TakenCall {
  return { key, maxAgeSeconds: 60, agentId: 'cache-a', owner, holder: `${owner} 1`, leaseMs: 60_000, ...fields };
}

function anAnswer(key: string, executionId: string, fields: Partial<KeptAnswer> = {}): KeptAnswer {
  return { key, agentId: 'cache-a', executionId, ttlSeconds: 60, ...TOLD, ...fields };
}

/** Answers that serve others, and calls that several want to make at once. */
export function answerCacheStoreContract(storage: () => Storage): void {
  const store = () => storage().answerCache;
  const progress = async (key: string, maxAgeSeconds = 60) => (await store().progress([{ key, maxAgeSeconds }]))[0];
  const answered = (executionId: string) => ({ type: 'answered', answer: { executionId, ...TOLD } });

  describe('a call that several want to make', () => {
    it('is held by one of all that take it at once, until that one has its answer, which serves the others', async () => {
      const owners = Array.from({ length: 20 }, (_, n) => `cache-one-${n}`);
      const takings = await Promise.all(owners.map((owner) => store().take(aCall('cache-one', owner))));
      const holder = owners[takings.findIndex(({ type }) => type === 'held')] ?? '';
      expect(takings.filter(({ type }) => type === 'under-way')).toHaveLength(19);
      expect(await progress('cache-one')).toBe('under-way');
      await store().keep(anAnswer('cache-one', holder), `${holder} 1`);
      expect(await progress('cache-one')).toBe('answered');
      expect(await store().take(aCall('cache-one', 'cache-other'))).toEqual(answered(holder));
    });

    it('goes over to the next attempt of the same turn, and then the earlier one has no say any more', async () => {
      await store().take(aCall('cache-next', 'cache-n'));
      expect(await store().take(aCall('cache-next', 'cache-n', { holder: 'cache-n 2' }))).toEqual({ type: 'held' });
      const earlier = { key: 'cache-next', holder: 'cache-n 1' };
      expect(await store().renew(earlier, 60_000)).toBe(false);
      await store().release(earlier);
      await store().keep(anAnswer('cache-next', 'cache-n'), earlier.holder);
      expect(await progress('cache-next')).toBe('under-way');
      expect(await store().renew({ ...earlier, holder: 'cache-n 2' }, 60_000)).toBe(true);
    });

    it('is free once it is given back, or its lease has run out', async () => {
      const call = aCall('cache-free', 'cache-f');
      await store().take(call);
      await store().release(call);
      expect(await progress('cache-free')).toBe('free');
      await store().take({ ...call, leaseMs: 1 });
      await eventually(async () => {
        expect(await progress('cache-free')).toBe('free');
      });
      expect(await store().take(aCall('cache-free', 'cache-g'))).toEqual({ type: 'held' });
    });

    it('is free once the execution that holds it has ended, and those of others are not', async () => {
      await store().take(aCall('cache-ended', 'cache-e:1 2', { leaseMs: 300_000 }));
      await store().take(aCall('cache-going', 'cache-e:10 2'));
      await store().releaseOf('cache-e:1');
      expect([await progress('cache-ended'), await progress('cache-going')]).toEqual(['free', 'under-way']);
    });

    it('is free where its lease ends further in the future than any is given: the clock was set back', async () => {
      await store().take(aCall('cache-future', 'cache-f', { leaseMs: 3_600_000 }));
      expect(await progress('cache-future')).toBe('free');
      expect(await store().take(aCall('cache-future', 'cache-g'))).toEqual({ type: 'held' });
    });
  });

  describe('an answer that serves others', () => {
    it('counts as none for who has found that it does not fit: of those one makes the call, until there is another answer', async () => {
      await store().keep(anAnswer('cache-unfit', 'cache-old'));
      const unfit = { unfit: 'cache-old' };
      const wanted = { key: 'cache-unfit', maxAgeSeconds: 60, ...unfit };
      expect(await store().progress([wanted])).toEqual(['free']);
      expect(await store().take(aCall('cache-unfit', 'cache-a', unfit))).toEqual({ type: 'held' });
      expect(await store().take(aCall('cache-unfit', 'cache-b', unfit))).toEqual({ type: 'under-way' });
      expect(await store().take(aCall('cache-unfit', 'cache-c'))).toEqual(answered('cache-old'));
      expect(await store().progress([wanted, { ...wanted, unfit: 'cache-other' }])).toEqual(['under-way', 'answered']);
      await store().keep(anAnswer('cache-unfit', 'cache-a'), 'cache-a 1');
      expect(await store().progress([wanted])).toEqual(['answered']);
      expect(await store().take(aCall('cache-unfit', 'cache-b', unfit))).toEqual(answered('cache-a'));
    });

    it('gives way to a newer one, also of whoever held no call', async () => {
      await store().keep(anAnswer('cache-newer', 'cache-old'));
      await store().keep(anAnswer('cache-newer', 'cache-new'));
      expect(await store().take(aCall('cache-newer', 'cache-x'))).toEqual(answered('cache-new'));
    });

    it('serves for its time, and nobody who wants a newer one', async () => {
      await store().keep(anAnswer('cache-time', 'cache-t', { ttlSeconds: 0.001 }));
      await store().keep(anAnswer('cache-age', 'cache-t'));
      await eventually(async () => {
        expect([await progress('cache-time'), await progress('cache-age', 0.001)]).toEqual(['free', 'free']);
      });
      expect(await progress('cache-age')).toBe('answered');
      await eventually(async () => {
        expect(await store().removeExpired(100)).toBe(0);
      });
      expect(await store().take(aCall('cache-time', 'cache-u'))).toEqual({ type: 'held' });
    });

    it('goes with what its agent was answered, and those of calls under way are not kept', async () => {
      await store().keep(anAnswer('cache-purged', 'cache-p', { agentId: 'cache-purged' }));
      await store().keep(anAnswer('cache-stays', 'cache-p'));
      const call = aCall('cache-under-way', 'cache-w', { agentId: 'cache-purged' });
      await store().take(call);
      expect(await store().purge('cache-purged')).toBe(1);
      await store().keep(anAnswer(call.key, 'cache-w', { agentId: 'cache-purged' }), call.holder);
      expect([await progress('cache-purged'), await progress(call.key)]).toEqual(['free', 'free']);
      expect(await progress('cache-stays')).toBe('answered');
      expect(await store().purge('cache-purged')).toBe(0);
    });

    it('goes with the execution that it was given to, and does not come back', async () => {
      const { executions } = storage();
      await executions.create(anExecution({ id: 'cache-gone' }));
      await executions.update('cache-gone', { status: 'COMPLETED', completedAt: NOW });
      await store().keep(anAnswer('cache-gone', 'cache-gone'));
      expect(await progress('cache-gone')).toBe('answered');
      await executions.delete(['cache-gone'], { now: NOW, conversations: 'delete' });
      await store().keep(anAnswer('cache-gone', 'cache-gone'));
      expect(await progress('cache-gone')).toBe('free');
    });
  });
}
