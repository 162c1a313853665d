import { beforeEach, describe, expect, it } from 'vitest';

import { collectBatch } from '../../src/activities/collect-batch.js';
import { ToldTroubles } from '../../src/activities/told-troubles.js';
import type { ExecutionErrorCode } from '../../src/core/codes.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { BatchState, ModelBatches, ResultLine } from '../../src/providers/model-batches.js';
import { A_BATCH, attempt, BATCH_ID, batchUnderTest, CALLER } from '../support/batch-activity.js';

const DAY_MS = 24 * 3600 * 1000;
const OVER: BatchState = { type: 'over', results: ['file'], rest: { code: 'incomplete_stream', message: 'No line.' } };
const LINE: ResultLine = {
  customId: 'line-one',
  answer: { type: 'answered', status: 200, requestId: '', body: '{}' },
};

describe('a batch that its provider has', () => {
  let under: Awaited<ReturnType<typeof batchUnderTest>>;
  let look: () => Promise<BatchState>;
  let results: () => AsyncGenerator<ResultLine>;
  let cancelled: string[];
  let troubles: ToldTroubles;

  beforeEach(async () => {
    [cancelled, troubles] = [[], new ToldTroubles()];
    const models: Partial<ModelBatches> = {
      look: () => look(),
      results: () => results(),
      cancel: ({ providerBatchId }) => {
        cancelled.push(providerBatchId);
        return Promise.resolve();
      },
    };
    under = await batchUnderTest(models);
  });

  const once = async (heartbeatDetails?: unknown) =>
    await attempt(
      () => collectBatch(under.parts, { ...A_BATCH, providerBatchId: 'key:theirs' }, troubles),
      heartbeatDetails === undefined ? {} : { heartbeatDetails },
    );
  const collect = async () => (await once()).result;
  const failing = (code: ExecutionErrorCode, facts = {}) => Promise.reject(new ModelError(code, 'No.', facts));
  const warnings = () => under.logger.lines.filter(({ level }) => level === 'warn');

  it.each([
    ['auth', {}],
    ['invalid_request', {}],
    ['rate_limit', { retryAfterMs: 3_600_000 }],
    ['network', {}],
  ] as const)(
    'is not over while asking for it fails with %s, and the log says so once',
    { tags: 'provider-fails' },
    async (code, facts) => {
      look = () => failing(code, facts);
      for (let poll = 0; poll < 20; poll += 1) expect(await collect()).toBe(false);
      expect(warnings()).toMatchObject([{ facts: { batchId: BATCH_ID, code } }]);
      expect(await under.storage.batches.answerOf('one', 1)).toBeUndefined();
      look = () => failing('overloaded');
      expect(await collect()).toBe(false);
      expect(warnings()).toHaveLength(2);
      expect([under.told, cancelled]).toEqual([[], []]);
    },
  );

  it(
    'hands out what it has read of the results where the rest cannot be read yet',
    { tags: 'provider-fails' },
    async () => {
      look = () => Promise.resolve(OVER);
      // eslint-disable-next-line @typescript-eslint/require-await -- it breaks off
      results = async function* () {
        yield LINE;
        throw new ModelError('network', 'It broke off.');
      };
      expect(await collect()).toBe(false);
      expect(under.told).toEqual(['one']);
      // eslint-disable-next-line @typescript-eslint/require-await -- all is there
      results = async function* () {
        yield LINE;
      };
      expect(await collect()).toBe(true);
      expect(await under.storage.batches.answerOf('two', 1)).toMatchObject({ code: 'incomplete_stream' });
    },
  );

  it(
    'is given up and cancelled once it is older than any, whether it is asked for in vain or not',
    { tags: 'provider-fails' },
    async () => {
      under.clock.ms += 3 * DAY_MS - 120_000;
      look = () => failing('server');
      expect(await collect()).toBe(false);
      under.clock.ms += 120_000;
      expect(await collect()).toBe(true);
      expect(cancelled).toEqual(['key:theirs']);
      expect(await under.storage.batches.answerOf('one', 1)).toMatchObject({ type: 'failed', code: 'timeout' });
      expect(under.told).toEqual(['one', 'two']);
    },
  );

  it('is cancelled when nobody waits for it any more, also while it cannot be asked for', async () => {
    look = () => failing('auth');
    await under.storage.batches.leave({ executionId: 'one', turn: 1 }, CALLER);
    expect(await collect()).toBe(false);
    await under.storage.batches.leave({ executionId: 'two', turn: 1 }, CALLER);
    expect(await collect()).toBe(true);
    expect(cancelled).toEqual(['key:theirs']);
  });

  it(
    'is over once its provider has not known it ten times in a row, and what was read of it stays',
    { tags: 'provider-fails' },
    async () => {
      await under.storage.batches.answer(BATCH_ID, 'line-one', {
        type: 'answered',
        status: 200,
        requestId: '',
        body: '{}',
      });
      look = () => failing('invalid_request', { status: 404 });
      let before: unknown;
      for (let misses = 1; misses < 10; misses += 1) {
        const { error, details } = await once(before);
        expect(error).toMatchObject({ type: 'UnknownBatch', nextRetryDelay: 1000 });
        before = details;
      }
      expect(await under.storage.batches.answerOf('two', 1)).toBeUndefined();
      expect(await once(before)).toMatchObject({ result: true });
      expect(await under.storage.batches.answerOf('two', 1)).toMatchObject({
        code: 'server',
        message: expect.stringContaining('does not know') as string,
      });
      expect(await under.storage.batches.answerOf('one', 1)).toMatchObject({ type: 'answered' });
      expect(new Set(under.told)).toEqual(new Set(['one', 'two']));
    },
  );

  it('is asked for as ever once its provider knows it again', { tags: 'provider-fails' }, async () => {
    look = () => failing('invalid_request', { status: 404 });
    const { details } = await once({ misses: 8 });
    expect(details).toEqual({ misses: 9 });
    look = () => Promise.resolve({ type: 'running' });
    expect(await once(details)).toMatchObject({ result: false });
  });

  it('whose results are gone is over, too', { tags: 'provider-fails' }, async () => {
    look = () => Promise.resolve(OVER);
    // eslint-disable-next-line @typescript-eslint/require-await, require-yield -- there are none
    results = async function* () {
      throw new ModelError('invalid_request', 'No.', { status: 410 });
    };
    expect(await once({ misses: 9 })).toMatchObject({ result: true });
    expect(await under.storage.batches.answerOf('one', 1)).toMatchObject({ code: 'server' });
  });

  it('is looked for again by Temporal where our own storage fails', async () => {
    look = () => Promise.resolve({ type: 'running' });
    const down = new Error('the storage is away');
    const { storage } = under.parts;
    const placesIn = () => Promise.reject(down);
    const parts = { ...under.parts, storage: { ...storage, batches: { ...storage.batches, placesIn } } };
    const { error } = await attempt(() => collectBatch(parts, { ...A_BATCH, providerBatchId: 'key:theirs' }, troubles));
    expect(error).toBe(down);
  });
});
