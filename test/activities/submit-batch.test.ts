import { ApplicationFailure } from '@temporalio/activity';
import { beforeEach, describe, expect, it } from 'vitest';

import { submitBatch } from '../../src/activities/submit-batch.js';
import type { ExecutionErrorCode } from '../../src/core/codes.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { FoundBatch, SoughtBatch } from '../../src/providers/model-batches.js';
import { A_BATCH, attempt, BATCH_ID, batchUnderTest, CALLER } from '../support/batch-activity.js';

describe('a batch that is submitted', () => {
  let under: Awaited<ReturnType<typeof batchUnderTest>>;
  let find: (sought: SoughtBatch) => Promise<FoundBatch>;
  let send: (account: string) => Promise<string>;
  let accounts: () => Promise<readonly [string, ...string[]]>;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    accounts = () => Promise.resolve(['key', 'other']);
    find = () => Promise.resolve({ type: 'none' });
    send = () => Promise.resolve('key:theirs');
    under = await batchUnderTest({
      find: (sought) => {
        asked.push('find');
        return find(sought);
      },
      accounts: () => accounts(),
      submit: ({ account }) => {
        asked.push(account === 'key' ? 'submit' : `submit ${account}`);
        return send(account);
      },
      cancel: ({ providerBatchId }, signal) => {
        signal.throwIfAborted();
        asked.push(`cancel ${providerBatchId}`);
        return Promise.resolve();
      },
    });
  });

  const submit = async () => await attempt(() => submitBatch(under.parts, A_BATCH));
  const failing = (code: ExecutionErrorCode) => () => Promise.reject(new ModelError(code, 'No.'));
  const waitOf = ({ error }: { readonly error?: unknown }): readonly unknown[] =>
    error instanceof ApplicationFailure ? [error.type, error.nextRetryDelay] : [];

  it(
    'is looked for before each further attempt where one is unclear, whatever another one was refused for',
    { tags: 'provider-fails' },
    async () => {
      send = failing('network');
      await submit();
      under.clock.ms += 60_000;
      send = failing('rate_limit');
      await submit();
      under.clock.ms += 60_000;
      find = () => Promise.resolve({ type: 'found', providerBatchId: 'key:late' });
      expect(await submit()).toMatchObject({ result: 'key:late' });
      expect(asked).toEqual(['submit', 'find', 'submit', 'find']);
    },
  );

  it('is submitted again without a look where all that was sent of it was refused', async () => {
    send = failing('rate_limit');
    await submit();
    send = () => Promise.resolve('key:theirs');
    expect(await submit()).toMatchObject({ result: 'key:theirs' });
    expect(asked).toEqual(['submit', 'submit other', 'submit']);
  });

  it('stays noted where an attempt is refused that was frozen while another one began', async () => {
    send = async () => {
      under.clock.ms += 60_000;
      await under.storage.batches.beginSubmission(BATCH_ID, { accounts: ['key'], lines: 2, now: under.parts.now() });
      throw new ModelError('invalid_request', 'No.');
    };
    await submit();
    expect(await under.storage.batches.submissionOf(BATCH_ID)).toMatchObject({ lastAt: under.parts.now() });
  });

  it.each(['auth', 'quota', 'rate_limit'] as const)(
    'goes with another key where one is refused with %s',
    { tags: 'provider-fails' },
    async (code) => {
      send = (account) =>
        account === 'key' ? Promise.reject(new ModelError(code, 'No.')) : Promise.resolve('other:theirs');
      expect(await submit()).toMatchObject({ result: 'other:theirs' });
      expect(await under.storage.batches.submissionOf(BATCH_ID)).toMatchObject({ account: 'other' });
    },
  );

  it('stays with the key with which it may have been taken', { tags: 'provider-fails' }, async () => {
    const soughtAt: unknown[] = [];
    find = ({ account }) => {
      soughtAt.push(account);
      return Promise.resolve({ type: 'none' });
    };
    send = failing('network');
    await submit();
    accounts = () => Promise.resolve(['other']);
    under.clock.ms += 60_000;
    send = () => Promise.resolve('key:theirs');
    expect(await submit()).toMatchObject({ result: 'key:theirs' });
    expect([asked, soughtAt]).toEqual([['submit', 'find', 'submit'], ['key']]);
  });

  it.each(['auth', 'invalid_request', 'network'] as const)(
    'is neither ended nor submitted again while a look for it fails with %s, however often',
    { tags: 'provider-fails' },
    async (code) => {
      send = failing('network');
      await submit();
      find = failing(code);
      let details: unknown;
      for (let look = 0; look < 20; look += 1) {
        under.clock.ms += 60_000;
        const one = await attempt(() => submitBatch(under.parts, A_BATCH), { heartbeatDetails: details });
        expect(waitOf(one)).toEqual(['UnclearBatch', 60_000]);
        details = one.details;
      }
      expect(asked.filter((what) => what !== 'find')).toEqual(['submit']);
      expect(await under.storage.batches.answerOf('one', 1)).toBeUndefined();
      find = () => Promise.resolve({ type: 'found', providerBatchId: 'key:late' });
      expect(await submit()).toMatchObject({ result: 'key:late' });
    },
  );

  it('is over where nobody waits for it any more, though a look for it is refused', async () => {
    send = failing('network');
    await submit();
    find = failing('auth');
    for (const executionId of ['one', 'two']) await under.storage.batches.leave({ executionId, turn: 1 }, CALLER);
    expect(await submit()).toMatchObject({ result: null });
    expect(asked).toEqual(['submit', 'find']);
  });

  it('waits while all keys rest, as often as it takes', { tags: 'provider-fails' }, async () => {
    const rest = { heldBack: true, retryAfterMs: 3_600_000 } as const;
    accounts = () => Promise.reject(new ModelError('rate_limit', 'All rest.', rest));
    for (let time = 0; time < 20; time += 1) {
      expect(
        waitOf(await attempt(() => submitBatch(under.parts, A_BATCH), { heartbeatDetails: { failures: 9 } })),
      ).toEqual(['rate_limit', 300_000]);
    }
    expect(await under.storage.batches.answerOf('one', 1)).toBeUndefined();
  });

  it(
    'is not submitted again within a minute: its provider may not list it yet',
    { tags: 'provider-fails' },
    async () => {
      send = failing('server');
      await submit();
      under.clock.ms += 59_000;
      expect(waitOf(await submit())).toEqual(['UnclearBatch', 60_000]);
      expect(asked).toEqual(['submit', 'find']);
      under.clock.ms += 1000;
      send = () => Promise.resolve('key:theirs');
      expect(await submit()).toMatchObject({ result: 'key:theirs' });
    },
  );

  it(
    'is given up after ten failures of its provider, and not of storage or of workers',
    { tags: 'provider-fails' },
    async () => {
      send = failing('overloaded');
      let details: unknown;
      for (let failures = 1; failures < 10; failures += 1) {
        under.clock.ms += 60_000;
        const one = await attempt(() => submitBatch(under.parts, A_BATCH), { attempt: 50, heartbeatDetails: details });
        expect(waitOf(one)[0]).toBe('overloaded');
        details = one.details;
      }
      const { storage } = under.parts;
      const submissionOf = () => Promise.reject(new Error('the storage is away'));
      const parts = { ...under.parts, storage: { ...storage, batches: { ...storage.batches, submissionOf } } };
      const lost = await attempt(() => submitBatch(parts, A_BATCH), { attempt: 51, heartbeatDetails: details });
      expect(lost).toMatchObject({ error: { message: 'the storage is away' }, details });
      expect(await under.storage.batches.answerOf('one', 1)).toBeUndefined();
      under.clock.ms += 60_000;
      const last = await attempt(() => submitBatch(under.parts, A_BATCH), { attempt: 52, heartbeatDetails: details });
      expect(last).toMatchObject({ result: null });
      expect(await under.storage.batches.answerOf('one', 1)).toMatchObject({ code: 'overloaded' });
    },
  );

  it(
    'is cancelled where another worker has submitted it meanwhile: whose id is stored first counts',
    { tags: 'worker-frozen' },
    async () => {
      const { batches } = under.storage;
      const late = await attempt((environment) => {
        send = async () => {
          await batches.endSubmission(BATCH_ID, 'key:first');
          environment.cancel('NOT_FOUND');
          return 'key:second';
        };
        return submitBatch(under.parts, A_BATCH);
      });
      expect(late).toMatchObject({ result: 'key:first' });
      expect(asked).toEqual(['submit', 'cancel key:second']);
    },
  );

  it('is one also where two keys see it', async () => {
    send = async () => {
      await under.storage.batches.endSubmission(BATCH_ID, 'one-key:theirs');
      return 'other-key:theirs';
    };
    expect(await submit()).toMatchObject({ result: 'one-key:theirs' });
    expect(asked).toEqual(['submit']);
  });
});
