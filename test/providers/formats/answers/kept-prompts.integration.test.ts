import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';

import type { ModelRequest, RequestMessage } from '../../../../src/core/executions/turn.js';
import type { TokenUsage } from '../../../../src/core/streams/stream-event.js';
import { isJsonObject, type JsonObject } from '../../../../src/core/json/json.js';
import { listAt } from '../../../../src/core/json/json-fields.js';
import { createDispatcher } from '../../../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../../../src/providers/create-language-model.js';
import { priceTable } from '../../../../src/providers/pricing/price-table.js';
import { PricedModel } from '../../../../src/providers/pricing/priced-model.js';
import { startAimock, type AimockProcess } from '../../../support/aimock-process.js';
import { startFaultServer, type FaultServer } from '../../../support/fault-server.js';
import { aRequest, collect, finishOf, textOf } from '../../../support/model-request.js';
import { schemasInThisThread } from '../../../support/schemas.js';
import { THIS_MACHINE } from '../../../support/this-machine.js';
import { CHAT, MESSAGES, RESPONSES } from '../contract/wire-under-test.js';

/** Blocks that Anthropic looks at before a mark, the one with the mark among them. */
const LOOKS_BACK = 20;

/** What Anthropic keeps of prompts, and how it counts: https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
class KeptPrompts {
  readonly #kept = new Set<string>();

  /** `input_tokens` leaves out what was read and written. A token is four characters. */
  count(body: JsonObject): Record<string, number> {
    const blocks = blocksOf(body);
    const sizes = blocks.map((block) => Math.ceil(textOfBlock(block).length / 4));
    const upTo = (end: number) => sizes.slice(0, end).reduce((sum, size) => sum + size, 0);
    const marks = blocks.flatMap((block, index) => (block['cache_control'] === undefined ? [] : [index + 1]));
    if (marks.length > 4) throw new Error('more than four marks');
    const found = marks.flatMap((mark) => this.#found(blocks, mark));
    const read = upTo(Math.max(0, ...found));
    const last = marks.at(-1) ?? 0;
    const written = upTo(last) >= 1024 ? Math.max(0, upTo(last) - read) : 0;
    for (const mark of marks) if (upTo(mark) >= 1024) this.#kept.add(hashOf(blocks.slice(0, mark)));
    return {
      input_tokens: upTo(blocks.length) - read - written,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
    };
  }

  #found(blocks: readonly JsonObject[], mark: number): readonly number[] {
    const looked = Array.from({ length: LOOKS_BACK }, (_, back) => mark - back).filter((end) => end > 0);
    return looked.filter((end) => this.#kept.has(hashOf(blocks.slice(0, end)))).slice(0, 1);
  }
}

function blocksOf(body: JsonObject): readonly JsonObject[] {
  const system = listAt(body, 'system').length === 0 ? [{ text: body['system'] ?? '' }] : listAt(body, 'system');
  const messages = listAt(body, 'messages').filter(isJsonObject);
  const said = messages.flatMap((message) => listAt(message, 'content'));
  return [...listAt(body, 'tools'), ...system, ...said].filter(isJsonObject);
}

function textOfBlock({ cache_control: _mark, ...block }: JsonObject): string {
  return JSON.stringify(block);
}

function hashOf(blocks: readonly JsonObject[]): string {
  return createHash('sha256').update(blocks.map(textOfBlock).join()).digest('hex');
}

const LONG = 'Judge by the rules of the house. '.repeat(200);
const TOOLS = [{ name: 'search', description: LONG, parameters: { type: 'object' } }];
const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

/** So many calls at once that their blocks are more than a mark looks back over. */
const turnWithTools = (turn: number): readonly RequestMessage[] => {
  const ids = Array.from({ length: 15 }, (_, index) => `call-${turn}-${index}`);
  const toolCalls = ids.map((id) => ({ id, name: 'search', arguments: { q: id } }));
  return [
    { role: 'assistant', content: 'I look.', toolCalls },
    ...ids.map((id) => ({ role: 'tool' as const, content: `${id}: found`, toolCallId: id })),
  ];
};

describe('what a provider keeps of prompts', () => {
  let server: FaultServer;
  let aimock: AimockProcess;
  let dispatcher: Dispatcher;

  beforeAll(async () => {
    [server, aimock] = await Promise.all([startFaultServer(), startAimock({ chunkSize: 50 })]);
    dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
    await aimock.addFixtures([{ match: { userMessage: 'Begin.' }, response: { content: 'Well begun.' } }]);
  });
  afterAll(async () => {
    await dispatcher.destroy();
    await Promise.all([server.stop(), aimock.stop()]);
  });

  const modelOf = () =>
    createLanguageModel({
      credentials: { accounts: {}, named: new Map(), secrets: [] },
      dispatcher,
      schemas: schemasInThisThread,
    });
  const asking = (provider: ModelRequest['provider'], messages: readonly RequestMessage[]) =>
    aRequest({ provider, tools: TOOLS, messages: [{ role: 'system', content: LONG }, ...messages] });

  it('makes the turns of a conversation with tools cheaper: each token of a prompt is counted once, and paid as what it is', async () => {
    const kept = new KeptPrompts();
    server.behave((_, response, body) => {
      const usage = kept.count(body as JsonObject);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event({ type: 'message_start', message: { id: 'm', usage: { ...usage, output_tokens: 1 } } }));
      response.write(event({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'Yes' } }));
      response.write(
        event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { ...usage, output_tokens: 10 } }),
      );
      response.end(event({ type: 'message_stop' }));
    });
    const own = { inputUsdPerMillion: 1000, cachedInputUsdPerMillion: 100, outputUsdPerMillion: 0 };
    const model = new PricedModel(modelOf(), priceTable({ 'anthropic/claude-sonnet-4-6': own }));
    const provider = MESSAGES.provider(server.root, { model: 'claude-sonnet-4-6', options: { promptCaching: true } });
    const usages: TokenUsage[] = [];
    const said: RequestMessage[] = [{ role: 'user', content: 'Begin.' }];
    for (const turn of [1, 2, 3]) {
      usages.push(finishOf(await collect(model, asking(provider, said))).usage);
      said.push(...turnWithTools(turn));
    }
    const [first, ...later] = usages;
    expect(first).toMatchObject({ cachedInputTokens: 0, cacheWriteInputTokens: first?.inputTokens, outputTokens: 10 });
    let before = first?.inputTokens;
    for (const { inputTokens, cachedInputTokens = 0, cacheWriteInputTokens = 0, costUsd, totalTokens } of later) {
      expect(cachedInputTokens).toBe(before);
      expect(cachedInputTokens + cacheWriteInputTokens).toBe(inputTokens);
      expect(totalTokens).toBe(inputTokens + 10);
      expect(costUsd).toBeCloseTo((cachedInputTokens * 100 + cacheWriteInputTokens * 1250) / 1e6, 8);
      before = inputTokens;
    }
  });

  it.each([
    ['Messages', MESSAGES, 'claude-sonnet-4-6'],
    ['Chat Completions', CHAT, 'gpt-4o'],
    ['Responses', RESPONSES, 'gpt-4o'],
  ] as const)('is asked for in a way that an independent server of %s takes', async (_, wire, model) => {
    const root = aimock.baseUrl.replace(/\/v1$/, '');
    const provider = wire.provider(root, { model });
    const options = { ...provider.options, promptCaching: true };
    const events = await collect(modelOf(), asking({ ...provider, options }, [{ role: 'user', content: 'Begin.' }]));
    expect(textOf(events)).toBe('Well begun.');
    expect(finishOf(events).warnings.filter((warning) => warning.includes('refused'))).toEqual([]);
  });
});
