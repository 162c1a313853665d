import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { BatchedProvider } from '../../src/core/agents/delivery.js';
import type { ModelRequest } from '../../src/core/executions/turn.js';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { createModelBatches } from '../../src/providers/create-model-batches.js';
import {
  ownIdIn,
  type BatchLine,
  type BatchState,
  type ModelBatches,
  type ResultLine,
  type SoughtBatch,
  type SubmittedBatch,
} from '../../src/providers/model-batches.js';
import { MemoryProviderKeyStore } from '../../src/storage/memory/provider-keys.js';
import { batchDependencies, placed } from '../support/batch-servers/batch-dependencies.js';
import { BATCH_PROVIDERS, startBatchProviders, type BatchProviders } from '../support/batch-servers/batch-providers.js';
import {
  answered,
  BATCH_KEY,
  refused,
  type BatchServer,
  type SentLine,
} from '../support/batch-servers/batch-server.js';
import { aRequest, collect, finishOf, textOf } from '../support/model-request.js';
import { schemasInThisThread } from '../support/schemas.js';
import { THIS_MACHINE } from '../support/this-machine.js';

const SIGNAL = new AbortController().signal;
const NOW = new Date().toISOString();
const MEBIBYTE = 1024 * 1024;
let providers: BatchProviders;
let dispatcher: Dispatcher;

beforeAll(async () => {
  providers = await startBatchProviders();
  dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
});

beforeEach(() => {
  for (const server of providers.servers) server.reset();
});

afterAll(async () => {
  await providers.stop();
  await dispatcher.close();
});

function modelsOf(apiKeys?: string) {
  return batchDependencies(providers, dispatcher, apiKeys);
}

describe.each(BATCH_PROVIDERS)('batches of %s', (type: BatchedProvider) => {
  const provider = { type, model: 'm', headers: {}, options: {} };
  let server: BatchServer;
  let batches: ModelBatches;
  let count = 0;

  beforeEach(() => {
    server = providers[type];
    batches = createModelBatches(modelsOf());
  });

  function asking(text: string, fields: Partial<ModelRequest> = {}): ModelRequest {
    return aRequest({
      provider,
      llmConfig: { maxTokens: 200 },
      messages: [{ role: 'user', content: text }],
      ...fields,
    });
  }

  async function linesFor(texts: readonly string[]): Promise<readonly BatchLine[]> {
    const requests = await Promise.all(texts.map((text) => batches.request(asking(text), SIGNAL)));
    return requests.map((request, index) => ({ ...request, customId: `cb-${'0'.repeat(39)}${index}` }));
  }

  /** Submitted, without anybody here having heard what the provider calls it. */
  async function submit(texts: readonly string[], models = batches) {
    const batch = await placed({ batchId: `batch-${(count += 1)}`, provider }, models);
    const providerBatchId = await models.submit(batch, await linesFor(texts), SIGNAL);
    return { ...batch, providerBatchId };
  }

  async function stateOf(batch: SubmittedBatch, models = batches) {
    expect(await models.look(batch, SIGNAL)).toEqual({ type: 'running' });
    const state = await models.look(batch, SIGNAL);
    if (state.type === 'running') throw new Error('it is not over');
    return state;
  }

  async function resultsOf(batch: Awaited<ReturnType<typeof submit>>): Promise<readonly ResultLine[]> {
    const lines: ResultLine[] = [];
    const { results } = await stateOf(batch);
    for await (const line of batches.results(batch, results, SIGNAL)) lines.push(line);
    return lines;
  }

  async function outcomeOf(line: ResultLine | undefined): Promise<string> {
    if (line === undefined || 'unreadable' in line) return line?.unreadable ?? 'nothing';
    return await collect(batches.answering(line.answer), asking('a')).then(textOf, (error: unknown) =>
      error instanceof Error && 'code' in error ? String(error.code) : String(error),
    );
  }

  function sought(batchId: string, fields: Partial<SoughtBatch> = {}): SoughtBatch {
    return { batchId, provider, firstAt: NOW, lastAt: NOW, lines: 2, others: [], ...fields };
  }

  it('are answered line by line, as a stream would be, at half the price', async () => {
    const results = await resultsOf(await submit(['a', 'b']));
    expect(await Promise.all(results.map(outcomeOf))).toEqual(['Answer to a', 'Answer to b']);
    const [first] = results;
    if (first === undefined || 'unreadable' in first) throw new Error('there is none');
    expect(first.customId).toBe(`cb-${'0'.repeat(40)}`);
    const finish = finishOf(await collect(batches.answering(first.answer), asking('a')));
    expect(finish).toMatchObject({ usage: { inputTokens: 1000, outputTokens: 100, costUsd: 0.002 } });
    expect(finish.providerRequestId).toContain(first.customId);
  });

  it('have what a stream would send: a schema, pictures, what an agent adds to the body', async () => {
    const picture = { type: 'inline', mediaType: 'image/png', data: 'aGVsbG8=' } as const;
    const extraBody =
      type === 'google' ? { generationConfig: { thinkingConfig: { thinkingBudget: 5 } } } : { kind: 'odd' };
    const request = asking('a', {
      provider: { ...provider, options: { extraBody } },
      messages: [{ role: 'user', content: 'a', pictures: [picture] }],
      outputSchema: { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'] },
    });
    const line = await batches.request(request, SIGNAL);
    const model = createLanguageModel({ ...modelsOf(), schemas: schemasInThisThread });
    await collect(model, request);
    const { stream: _stream, stream_options: _options, ...streamed } = server.streamed[0] ?? {};
    expect(JSON.parse(line.body)).toEqual(streamed);
    expect(line.body).toContain('verdict');
    expect(line.body).toContain('aGVsbG8=');
    expect(line.body).toMatch(/odd|thinkingBudget/);
  });

  it('give each line the code that a call would have had, and leave out what is no line', async () => {
    server.ending = ([a, b, c, d, e, f]) => {
      if (!a || !b || !c || !d || !e || !f) throw new Error('six were sent');
      const strange = { ...a, customId: 'of-nobody' };
      return {
        status: 'completed',
        lines: [
          ...['no JSON at all', '{}', '[1]', answered(strange), answered(a), answered(a, 'again')],
          ...[refused(b, 400, 'bad'), refused(c, 429, 'slow'), refused(d, 500, 'broken')],
          ...[{ line: e, never: 'expired' } as const, answered(f, 'x'.repeat(5 * MEBIBYTE))],
        ],
      };
    };
    const results = await resultsOf(await submit(['a', 'b', 'c', 'd', 'e', 'f']));
    const outcomes = await Promise.all(results.map(outcomeOf));
    expect(outcomes).toEqual([
      ...['a line is no result', 'a line is no result', 'a line is no result', 'Answer to a', 'Answer to a', 'again'],
      ...['invalid_request', 'rate_limit', 'server', 'timeout', 'a line is too long'],
    ]);
  });

  it('that expired, were cancelled or refused as a whole say what their lines are to be told', async () => {
    const codes: Record<string, BatchState> = {};
    for (const status of ['expired', 'cancelled', 'refused'] as const) {
      server.ending = () => ({ status, lines: [] });
      codes[status] = await stateOf(await submit(['a']));
    }
    const rest = Object.values(codes).map((state) => (state.type === 'over' ? state.rest.code : state.type));
    // Anthropic has a line for each, and refuses no batch that it took.
    const own = ['incomplete_stream', 'incomplete_stream', 'incomplete_stream'];
    expect(rest).toEqual(type === 'anthropic' ? own : ['timeout', 'server', 'invalid_request']);
  });

  it('can be cancelled', async () => {
    server.isHeld = true;
    const batch = await submit(['a', 'b']);
    await batches.cancel(batch, SIGNAL);
    expect(server.cancelled).toEqual([server.batches[0]?.id]);
    expect(await batches.look(batch, SIGNAL)).toMatchObject({ type: 'over' });
  });

  it('are found again among those of others once they are over, however many pages there are', async () => {
    const strangers: SentLine[] = ['x', 'y'].map((said) => ({ customId: said, body: {}, said }));
    for (let index = 0; index < 3; index += 1) server.take(strangers);
    const { batchId, providerBatchId } = await submit(['a', 'b']);
    await submit(['a', 'b']);
    server.take(strangers);
    for (const batch of server.batches) batch.looks = 2;
    expect(await batches.find(sought(batchId), SIGNAL)).toEqual({ type: 'found', providerBatchId });
    expect(await batches.find(sought('batch-that-never-was'), SIGNAL)).toEqual({ type: 'none' });
  });

  it('go with no key that was refused or rests, and stay with theirs', async () => {
    server.keys = [BATCH_KEY, 'sk-other', 'sk-limited'];
    const keyStore = new MemoryProviderKeyStore();
    const models = createModelBatches({ ...modelsOf(`sk-revoked,sk-limited,sk-other,${BATCH_KEY}`), keyStore });
    const own = { batchId: 'spread', provider };
    const [revoked, limited = '', other = '', last = ''] = await models.accounts(own);
    await expect(models.submit({ ...own, account: revoked }, await linesFor(['a']), SIGNAL)).rejects.toMatchObject({
      code: 'auth',
    });
    await keyStore.mark({ endpoint: limited, kind: 'limited', model: 'm', forMs: 60_000 });
    const elsewhere = createModelBatches({ ...modelsOf(`sk-revoked,sk-limited,sk-other,${BATCH_KEY}`), keyStore });
    expect(await elsewhere.accounts(own)).toEqual([other, last]);
    const providerBatchId = await models.submit({ ...own, account: other }, await linesFor(['a']), SIGNAL);
    expect(server.batches.map(({ key }) => key)).toEqual(['sk-other']);
    const batch = { ...own, providerBatchId };
    const state = await stateOf(batch, elsewhere);
    const lines: ResultLine[] = [];
    for await (const line of elsewhere.results(batch, state.results, SIGNAL)) lines.push(line);
    expect(await Promise.all(lines.map(outcomeOf))).toEqual(['Answer to a']);
    await elsewhere.cancel(batch, SIGNAL);
    expect(server.cancelled).toEqual([ownIdIn(providerBatchId)]);
  });

  it('wait where all keys rest, and are told where all were refused', async () => {
    const keyStore = new MemoryProviderKeyStore();
    const models = createModelBatches({ ...modelsOf('sk-one,sk-two'), keyStore });
    const own = { batchId: 'resting', provider };
    const [one, two = ''] = await models.accounts(own);
    for (const account of [one, two])
      await expect(models.submit({ ...own, account }, await linesFor(['a']), SIGNAL)).rejects.toMatchObject({
        code: 'auth',
      });
    await expect(models.accounts(own)).rejects.toMatchObject({ code: 'auth' });
    const limiting = new MemoryProviderKeyStore();
    for (const endpoint of [one, two])
      await limiting.mark({ endpoint, kind: 'limited', model: 'm', forMs: endpoint === one ? 90_000 : 60_000 });
    const waiting = createModelBatches({ ...modelsOf('sk-one,sk-two'), keyStore: limiting });
    await expect(waiting.accounts(own)).rejects.toMatchObject({ code: 'rate_limit', facts: { heldBack: true } });
  });

  it('that may be at any of several keys are nowhere only where each of them says so', async () => {
    const models = createModelBatches(modelsOf(`sk-revoked,${BATCH_KEY}`));
    const [, account = ''] = await models.accounts({ batchId: 'any', provider });
    await expect(models.find(sought('any'), SIGNAL)).rejects.toMatchObject({ code: 'auth' });
    expect(await models.find(sought('any', { account }), SIGNAL)).toEqual({ type: 'none' });
  });

  it.each([429, 401])(
    'give a line that was refused with %i its code at once, however many keys there are',
    async (status) => {
      const models = createModelBatches(modelsOf(`sk-one,${BATCH_KEY}`));
      const error = { message: 'No.', type: 'error', status: 'ERROR', code: 'refused' };
      const answer = {
        type: 'answered',
        status,
        requestId: '',
        body: JSON.stringify({ type: 'error', error }),
      } as const;
      const failure = await collect(models.answering(answer), asking('a')).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: status === 429 ? 'rate_limit' : 'auth' });
      expect(failure).not.toHaveProperty('facts.heldBack');
    },
  );

  it('that nobody knows say so with the status of the answer', async () => {
    const batch = await submit(['a']);
    server.forgotten.add(ownIdIn(batch.providerBatchId));
    await expect(batches.look(batch, SIGNAL)).rejects.toMatchObject({ facts: { status: 404 } });
  });

  it('say where their only key is refused', async () => {
    const batch = await submit(['a']);
    const revoked = createModelBatches(modelsOf('sk-revoked'));
    await expect(submit(['a'], revoked)).rejects.toMatchObject({ code: 'auth' });
    await expect(revoked.find(sought('batch'), SIGNAL)).rejects.toMatchObject({ code: 'auth' });
    await expect(revoked.look(batch, SIGNAL)).rejects.toMatchObject({ code: 'auth' });
  });

  it('that their provider is too busy to take are tried again when it says', async () => {
    const json = { error: { message: 'Slow down.', type: 'rate_limit_error' } };
    server.refusals = [{ status: 429, headers: { 'retry-after': '7' }, json }];
    await expect(submit(['a'])).rejects.toMatchObject({ code: 'rate_limit', facts: { retryAfterMs: 7000 } });
    expect(server.batches).toHaveLength(0);
  });

  it('may be there where the answer to them cannot be read: that is no refusal', async () => {
    server.silence = 'page';
    await expect(submit(['a'])).rejects.toMatchObject({ code: 'server' });
    expect(server.batches).toHaveLength(1);
  });

  it('are read as fast as they are stored, however much they have', async () => {
    let made = 0;
    server.ending = ([line]) => ({
      status: 'completed',
      lines: (function* () {
        if (line === undefined) return;
        for (; made < 40; made += 1) yield answered(line, 'x'.repeat(MEBIBYTE));
      })(),
    });
    const batch = await submit(['a']);
    const { results } = await stateOf(batch);
    let read = 0;
    for await (const line of batches.results(batch, results, SIGNAL)) {
      if (read === 0) expect(made).toBeLessThan(30);
      expect(line).toHaveProperty('answer.type', 'answered');
      read += 1;
    }
    expect(read).toBe(40);
  });
});

describe('a batch of OpenAI', () => {
  const provider = { type: 'openai', model: 'm', headers: {}, options: {} } as const;
  const line: BatchLine = { customId: 'x', path: '/v1/chat/completions', body: '{}' };
  const batch = { batchId: 'ours', provider };

  it('of more tokens than an account may have queued is limited, and not wrong', async () => {
    const { openai: server } = providers;
    server.ending = () => ({ status: 'refused', code: 'token_limit_exceeded', lines: [] });
    const batches = createModelBatches(modelsOf());
    const submitted = { ...batch, providerBatchId: await batches.submit(await placed(batch, batches), [line], SIGNAL) };
    await batches.look(submitted, SIGNAL);
    expect(await batches.look(submitted, SIGNAL)).toMatchObject({ type: 'over', rest: { code: 'rate_limit' } });
  });

  it('is made though its file is not found at first', async () => {
    const { openai: server } = providers;
    server.missing = 2;
    const batches = createModelBatches(modelsOf());
    await batches.submit(await placed(batch, batches), [line], SIGNAL);
    expect(server.batches).toHaveLength(1);
  });
});

describe('a batch of Google', () => {
  const provider = { type: 'google', model: 'm', headers: {}, options: {} } as const;
  const line: BatchLine = { customId: 'x', path: 'models/m:generateContent', body: '{}' };
  const batch = { batchId: 'ours', provider };

  it('has the code server for a line that was cancelled', async () => {
    const { google: server } = providers;
    server.ending = (sent) => ({ status: 'completed', lines: sent.map((one) => ({ line: one, never: 'cancelled' })) });
    const batches = createModelBatches(modelsOf());
    const submitted = { ...batch, providerBatchId: await batches.submit(await placed(batch, batches), [line], SIGNAL) };
    await batches.look(submitted, SIGNAL);
    const state = await batches.look(submitted, SIGNAL);
    const results: ResultLine[] = [];
    for await (const result of batches.results(submitted, state.type === 'over' ? state.results : [], SIGNAL))
      results.push(result);
    expect(results).toMatchObject([{ customId: 'x', answer: { type: 'failed', code: 'server' } }]);
  });

  it('is over when it is done, also in a state that nobody here knows', async () => {
    const { google: server } = providers;
    const batches = createModelBatches(modelsOf());
    const submitted = { ...batch, providerBatchId: await batches.submit(await placed(batch, batches), [line], SIGNAL) };
    const metadata = { state: 'BATCH_STATE_NEW_TO_US' };
    server.refusals = [{ json: { done: true, metadata, error: { code: 8, message: 'Too much.' } } }];
    expect(await batches.look(submitted, SIGNAL)).toMatchObject({ type: 'over', rest: { code: 'rate_limit' } });
    server.refusals = [{ json: { done: true, metadata } }, { json: { done: false, metadata } }];
    expect(await batches.look(submitted, SIGNAL)).toMatchObject({ type: 'over' });
    expect(await batches.look(submitted, SIGNAL)).toEqual({ type: 'running' });
  });

  it('may be on a page of the list that is too long to read: that is no refusal', async () => {
    const { google: server } = providers;
    server.refusals = [{ json: { operations: [{ response: 'x'.repeat(9 * MEBIBYTE) }] } }];
    const sought = { ...batch, firstAt: NOW, lastAt: NOW, lines: 1, others: [] };
    await expect(createModelBatches(modelsOf()).find(sought, SIGNAL)).rejects.toMatchObject({ code: 'server' });
  });
});
