import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createDispatcher } from '../../../src/providers/connection/dispatcher.js';
import { createModelBatches } from '../../../src/providers/create-model-batches.js';
import type { SoughtBatch } from '../../../src/providers/model-batches.js';
import { batchDependencies } from '../../support/batch-servers/batch-dependencies.js';
import { startBatchProviders, type BatchProviders } from '../../support/batch-servers/batch-providers.js';
import { answered, type SentLine } from '../../support/batch-servers/batch-server.js';
import { THIS_MACHINE } from '../../support/this-machine.js';

const SIGNAL = new AbortController().signal;
const NOW = new Date().toISOString();

describe('a batch of Anthropic', () => {
  const provider = { type: 'anthropic', model: 'm', headers: {}, options: {} } as const;
  const lines = ['x', 'y'].map((said): SentLine => ({ customId: said, body: {}, said }));
  const sought: SoughtBatch = { batchId: 'ours', provider, firstAt: NOW, lastAt: NOW, lines: 2, others: [] };

  let providers: BatchProviders;
  let dispatcher: Dispatcher;

  beforeAll(async () => {
    providers = await startBatchProviders();
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
  });
  beforeEach(() => {
    providers.anthropic.reset();
  });
  afterAll(async () => {
    await providers.stop();
    await dispatcher.close();
  });

  it('may be each that is under way, has as many requests, was made then, and is of nobody that is known', async () => {
    const { anthropic: server } = providers;
    server.isHeld = true;
    const hours = (count: number) => new Date(Date.parse(NOW) + count * 3_600_000);
    server.take(lines, '', hours(-2));
    server.take(lines, '', hours(3));
    server.take(lines.slice(1));
    const other = server.take(lines);
    const batches = createModelBatches(batchDependencies(providers, dispatcher));
    const others = [`account:${other.id}`];
    expect(await batches.find({ ...sought, others }, SIGNAL)).toEqual({ type: 'none' });
    const unclear = server.take(lines);
    expect(await batches.find({ ...sought, others }, SIGNAL)).toEqual({ type: 'unclear', candidates: [unclear.id] });
    unclear.ending = { status: 'completed', lines: lines.map((line) => answered(line)) };
    expect(await batches.find({ ...sought, others }, SIGNAL)).toEqual({ type: 'none' });
  });

  it('is found though nobody gets the results of a stranger', async () => {
    const { anthropic: server } = providers;
    const gone = server.take(lines);
    gone.ending = { status: 'completed', areGone: true, lines: [] };
    expect(await createModelBatches(batchDependencies(providers, dispatcher)).find(sought, SIGNAL)).toEqual({
      type: 'none',
    });
  });

  it('is told from a hundred others in several looks, each of which ends', async () => {
    const { anthropic: server } = providers;
    for (let index = 0; index < 150; index += 1) server.take(lines).looks = 2;
    const batches = createModelBatches(batchDependencies(providers, dispatcher));
    expect(await batches.find(sought, SIGNAL)).toMatchObject({ type: 'unclear' });
    expect(await batches.find(sought, SIGNAL)).toEqual({ type: 'none' });
  });
});
