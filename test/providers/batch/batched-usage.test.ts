import { Agent } from 'undici';
import { expect, it } from 'vitest';

import type { LlmProvider } from '../../../src/core/agents/agent.js';
import { createModelBatches } from '../../../src/providers/create-model-batches.js';
import { priceTable } from '../../../src/providers/pricing/price-table.js';
import { aProvider, aRequest, collect, finishOf } from '../../support/model-request.js';

const PLAIN = { inputUsdPerMillion: 1000, cachedInputUsdPerMillion: 100, outputUsdPerMillion: 2000 };

/** Of ten thousand tokens six are read from the cache, and two thousand are written to it. */
const ANSWERS: readonly (readonly [LlmProvider['type'], string, object])[] = [
  [
    'openai',
    'gpt-5.6',
    {
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', id: 'm', content: [{ type: 'output_text', text: 'Yes' }] }],
      usage: {
        ...{ input_tokens: 10_000, output_tokens: 1000, total_tokens: 11_000 },
        input_tokens_details: { cached_tokens: 6000, cache_write_tokens: 2000 },
      },
    },
  ],
  [
    'anthropic',
    'claude-sonnet-4-6',
    {
      type: 'message',
      id: 'm',
      content: [{ type: 'text', text: 'Yes' }],
      stop_reason: 'end_turn',
      usage: {
        ...{ input_tokens: 2000, cache_read_input_tokens: 6000, cache_creation_input_tokens: 2000 },
        output_tokens: 1000,
      },
    },
  ],
];

it.each(ANSWERS)(
  'an answer of a batch of %s counts what its cache had once, at half of its price',
  async (type, model, body) => {
    const batches = createModelBatches({
      credentials: { accounts: {}, named: new Map(), secrets: [] },
      dispatcher: new Agent(),
      prices: priceTable({ [`${type}/${model}`]: PLAIN }),
    });
    const provider = aProvider({
      type,
      model,
      baseUrl: 'https://batches.example.com/v1',
      options: type === 'openai' ? { api: 'responses' } : {},
    });
    const answer = { type: 'answered', status: 200, requestId: '', body: JSON.stringify(body) } as const;
    const { usage } = finishOf(await collect(batches.answering(answer), aRequest({ provider })));
    expect(usage).toMatchObject({ inputTokens: 10_000, cachedInputTokens: 6000, cacheWriteInputTokens: 2000 });
    expect(usage.totalTokens).toBe(11_000);
    expect(usage.costUsd).toBeCloseTo((2000 * 1000 + 6000 * 100 + 2000 * 1250 + 1000 * 2000) / 1e6 / 2, 8);
  },
);
