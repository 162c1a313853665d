import type { LlmProvider } from '../../../../src/core/agents/agent.js';
import { aProvider } from '../../../support/model-request.js';

/** One API as the contracts see it: where it is under a server, and what its frames look like. */
export interface WireUnderTest {
  readonly name: string;
  /** The provider on a server whose addresses begin with `root`. */
  provider(root: string, fields?: Partial<LlmProvider>): LlmProvider;
  /** Of an answer that streams. */
  readonly contentType: string;
  text(text: string): string;
  reasoning(text: string): string;
  /** With a usage of 7 tokens in and 3 out. */
  finish(reason: 'stop' | 'length'): string;
  /** The end of an answer that a filter stopped; absent: the API knows no filter. */
  readonly filtered?: string;
  /** An error within the stream, whose word means "overloaded" in this API. */
  overloaded(): string;
  /** A frame that is no JSON. */
  readonly nonsense: string;
  /** The beginning of a frame, cut. */
  readonly cutFrame: string;
  /** Where a request's body has the schema of the answer. */
  readonly schemaPath: readonly string[];
  /** Header and value that carry a key. */
  keyHeader(key: string): readonly [string, string];
  /** The list of models with these names. */
  modelList(names: readonly string[]): unknown;
  /** The user's message in a request's body: a PNG, in base64, and a text. */
  pictured(png: string, text: string): object;
}

function event(data: unknown, name?: string): string {
  const head = name === undefined ? '' : `event: ${name}\n`;
  return `${head}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

const eventStream = {
  contentType: 'text/event-stream',
  nonsense: event('{nonsense}'),
  cutFrame: 'data: {"ty',
} as const;

const openAiList = (names: readonly string[]) => ({ data: names.map((id) => ({ id })) });
const bearer = (key: string) => ['authorization', `Bearer ${key}`] as const;

const chatEnd = (finish_reason: string) => event({ choices: [{ index: 0, delta: {}, finish_reason }] });

export const CHAT: WireUnderTest = {
  ...eventStream,
  name: 'Chat Completions',
  provider: (root, fields = {}) => aProvider({ type: 'custom', baseUrl: `${root}/v1`, ...fields }),
  text: (content) => event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  reasoning: (text) => event({ choices: [{ index: 0, delta: { reasoning_content: text }, finish_reason: null }] }),
  finish: (reason) =>
    chatEnd(reason) + event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } }) + event('[DONE]'),
  filtered: chatEnd('content_filter'),
  overloaded: () => event({ error: { type: 'overloaded_error', message: 'busy' } }),
  schemaPath: ['response_format', 'json_schema', 'schema'],
  keyHeader: bearer,
  modelList: openAiList,
  pictured: (png, text) => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } };
    return { messages: [{ role: 'system' }, { role: 'user', content: [image, { type: 'text', text }] }] };
  },
};

const responsesEnd = {
  stop: { type: 'response.completed', response: {} },
  length: { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } },
} as const;

export const RESPONSES: WireUnderTest = {
  ...eventStream,
  name: 'Responses',
  provider: (root, fields = {}) =>
    aProvider({ type: 'openai', baseUrl: `${root}/v1`, ...fields, options: { api: 'responses', ...fields.options } }),
  text: (delta) => event({ type: 'response.output_text.delta', delta }, 'response.output_text.delta'),
  reasoning: (delta) => event({ type: 'response.reasoning_summary_text.delta', delta }),
  finish: (reason) => {
    const { type, response } = responsesEnd[reason];
    return event({ type, response: { ...response, usage: { input_tokens: 7, output_tokens: 3 } } }, type);
  },
  filtered: event({ type: 'response.incomplete', response: { incomplete_details: { reason: 'content_filter' } } }),
  overloaded: () =>
    event({ type: 'response.failed', response: { error: { code: 'server_is_overloaded', message: 'busy' } } }),
  schemaPath: ['text', 'format', 'schema'],
  keyHeader: bearer,
  modelList: openAiList,
  pictured: (png, text) => {
    const image = { type: 'input_image', image_url: `data:image/png;base64,${png}` };
    return { input: [{ role: 'user', content: [image, { type: 'input_text', text }] }] };
  },
};

const messagesStop = { stop: 'end_turn', length: 'max_tokens' } as const;

/** Each of its events has its type as its name. */
const named = (data: { readonly type: string; readonly [field: string]: unknown }) => event(data, data.type);

export const MESSAGES: WireUnderTest = {
  ...eventStream,
  name: 'Anthropic Messages',
  provider: (root, fields = {}) => aProvider({ type: 'anthropic', baseUrl: root, ...fields }),
  text: (text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  reasoning: (thinking) =>
    named({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } }),
  finish: (reason) =>
    named({ type: 'message_start', message: { usage: { input_tokens: 4, cache_read_input_tokens: 3 } } }) +
    named({ type: 'ping' }) +
    named({ type: 'message_delta', delta: { stop_reason: messagesStop[reason] }, usage: { output_tokens: 3 } }) +
    named({ type: 'message_stop' }),
  filtered: named({ type: 'message_delta', delta: { stop_reason: 'refusal' } }) + named({ type: 'message_stop' }),
  overloaded: () => named({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } }),
  schemaPath: ['output_config', 'format', 'schema'],
  keyHeader: (key) => ['x-api-key', key],
  modelList: openAiList,
  pictured: (data, text) => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    return { messages: [{ role: 'user', content: [image, { type: 'text', text }] }] };
  },
};

const generateStop = { stop: 'STOP', length: 'MAX_TOKENS' } as const;
const candidate = (part: object) => event({ candidates: [{ content: { role: 'model', parts: [part] } }] });

export const GENERATE: WireUnderTest = {
  ...eventStream,
  name: 'Gemini',
  provider: (root, fields = {}) => aProvider({ type: 'google', baseUrl: root, ...fields }),
  text: (text) => candidate({ text }),
  reasoning: (text) => candidate({ text, thought: true }),
  finish: (reason) =>
    event({
      candidates: [{ finishReason: generateStop[reason] }],
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 2, thoughtsTokenCount: 1 },
    }),
  filtered: event({ candidates: [{ finishReason: 'SAFETY' }] }),
  overloaded: () => event({ error: { code: 503, status: 'UNAVAILABLE', message: 'busy' } }),
  schemaPath: ['generationConfig', 'responseJsonSchema'],
  keyHeader: (key) => ['x-goog-api-key', key],
  modelList: (names) => ({ models: names.map((name) => ({ name: `models/${name}` })) }),
  pictured: (data, text) => ({
    contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data } }, { text }] }],
  }),
};

const line = (data: unknown) => `${JSON.stringify(data)}\n`;

export const OLLAMA: WireUnderTest = {
  name: 'Ollama',
  provider: (root, fields = {}) => aProvider({ type: 'ollama', baseUrl: root, ...fields }),
  contentType: 'application/x-ndjson',
  text: (content) => line({ message: { role: 'assistant', content }, done: false }),
  reasoning: (thinking) => line({ message: { role: 'assistant', content: '', thinking }, done: false }),
  finish: (reason) =>
    line({ message: { content: '' }, done: true, done_reason: reason, prompt_eval_count: 7, eval_count: 3 }),
  overloaded: () => line({ error: 'server busy, please try again.  maximum pending requests exceeded' }),
  nonsense: '{nonsense}\n',
  cutFrame: '{"mess',
  schemaPath: ['format'],
  keyHeader: bearer,
  modelList: (names) => ({ models: names.map((name) => ({ name })) }),
  pictured: (png, content) => ({ messages: [{ role: 'system' }, { role: 'user', content, images: [png] }] }),
};

export const WIRES = { CHAT, RESPONSES, MESSAGES, GENERATE, OLLAMA } as const;
