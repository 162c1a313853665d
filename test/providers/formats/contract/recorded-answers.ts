import { CHAT, GENERATE, MESSAGES, OLLAMA, RESPONSES, type WireUnderTest } from './wire-under-test.js';

/** A frame of a good answer. */
export interface RecordedFrame {
  /** Absent for `[DONE]`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What of the answer's text it brings, for the first time. */
  readonly says: string;
  /** It has the word by which the provider says that, and why, the answer ended. */
  readonly ends: boolean;
  /** Behind it nothing follows: the API's terminal event. */
  readonly isLast: boolean;
}

/** A good answer as its provider sends it, with all the frames that say nothing. */
export interface RecordedAnswer {
  readonly wire: WireUnderTest;
  readonly frames: readonly RecordedFrame[];
  readonly text: string;
}

const WORDS = ['The ', 'café’s memo ', 'is “clear”: ', '\n- yes 👍🏽\n', '{"approved": true}'];
const TEXT = WORDS.join('');

const quiet = (data: RecordedFrame['data'] & object): RecordedFrame => ({ data, says: '', ends: false, isLast: false });
const says = (text: string, data: RecordedFrame['data'] & object): RecordedFrame => ({
  data,
  says: text,
  ends: false,
  isLast: false,
});
const ends = (data: RecordedFrame['data'] & object, text = ''): RecordedFrame => ({
  data,
  says: text,
  ends: true,
  isLast: false,
});
const last = (frame: RecordedFrame): RecordedFrame => ({ ...frame, isLast: true });

const chatChunk = (fields: object) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'm', ...fields });
const chatChoice = (delta: object, finish_reason: string | null = null) =>
  chatChunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null });

const chat: readonly RecordedFrame[] = [
  quiet(chatChoice({ role: 'assistant', content: '', refusal: null })),
  quiet(chatChoice({ reasoning_content: 'Let me see.' })),
  ...WORDS.map((content) => says(content, chatChoice({ content }))),
  ends(chatChoice({}, 'stop')),
  quiet(chatChunk({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })),
  { says: '', ends: false, isLast: true },
];

const part = { type: 'output_text', text: TEXT, annotations: [] };
const message = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [part] };
const place = { item_id: 'msg_1', output_index: 1, content_index: 0 };
const thought = { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me see.' }] };
const response = { id: 'resp_1', object: 'response', status: 'in_progress', error: null, output: [], usage: null };
const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10, output_tokens_details: { reasoning_tokens: 1 } };

const responses: readonly RecordedFrame[] = [
  quiet({ type: 'response.created', response }),
  quiet({ type: 'response.in_progress', response }),
  quiet({ type: 'response.output_item.added', output_index: 0, item: { ...thought, summary: [] } }),
  quiet({ type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: 0, delta: 'Let me see.' }),
  quiet({ type: 'response.output_item.done', output_index: 0, item: thought }),
  quiet({ type: 'response.output_item.added', output_index: 1, item: { ...message, content: [] } }),
  quiet({ type: 'response.content_part.added', ...place, part: { ...part, text: '' } }),
  ...WORDS.map((delta) => says(delta, { type: 'response.output_text.delta', ...place, delta })),
  quiet({ type: 'response.output_text.done', ...place, text: TEXT }),
  quiet({ type: 'response.content_part.done', ...place, part }),
  quiet({ type: 'response.output_item.done', output_index: 1, item: message }),
  last(
    ends({
      type: 'response.completed',
      response: { ...response, status: 'completed', output: [thought, message], usage },
    }),
  ),
].map((frame, sequence_number) => ({ ...frame, data: { ...frame.data, sequence_number } }));

const block = { index: 1, content_block: { type: 'text', text: '' } };

const messages: readonly RecordedFrame[] = [
  quiet({
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 7, output_tokens: 1 },
    },
  }),
  quiet({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
  quiet({ type: 'ping' }),
  quiet({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me see.' } }),
  quiet({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } }),
  quiet({ type: 'content_block_stop', index: 0 }),
  quiet({ type: 'content_block_start', ...block }),
  ...WORDS.map((text) => says(text, { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } })),
  quiet({ type: 'content_block_stop', index: 1 }),
  ends({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 3 },
  }),
  last(quiet({ type: 'message_stop' })),
];

const generated = (parts: readonly object[], candidatesTokenCount: number, finishReason?: string) => ({
  candidates: [
    { content: { role: 'model', parts }, index: 0, ...(finishReason === undefined ? {} : { finishReason }) },
  ],
  usageMetadata: { promptTokenCount: 7, candidatesTokenCount, totalTokenCount: 7 + candidatesTokenCount },
  modelVersion: 'm',
  responseId: 'r',
});
const [lastWord = ''] = WORDS.slice(-1);

const generate: readonly RecordedFrame[] = [
  quiet(generated([{ text: 'Let me see.', thought: true }], 0)),
  ...WORDS.slice(0, -1).map((text, index) => says(text, generated([{ text }], index))),
  ends(generated([{ text: lastWord }], 3, 'STOP'), lastWord),
];

const ollamaLine = (fields: object, done = false) => ({
  model: 'm',
  created_at: '2026-11-28T10:00:00Z',
  done,
  ...fields,
});

const ollama: readonly RecordedFrame[] = [
  quiet(ollamaLine({ message: { role: 'assistant', content: '', thinking: 'Let me see.' } })),
  ...WORDS.map((content) => says(content, ollamaLine({ message: { role: 'assistant', content } }))),
  last(
    ends(
      ollamaLine(
        { message: { role: 'assistant', content: '' }, done_reason: 'stop', prompt_eval_count: 7, eval_count: 3 },
        true,
      ),
    ),
  ),
];

export const RECORDED: readonly RecordedAnswer[] = [
  { wire: CHAT, frames: chat, text: TEXT },
  { wire: RESPONSES, frames: responses, text: TEXT },
  { wire: MESSAGES, frames: messages, text: TEXT },
  { wire: GENERATE, frames: generate, text: TEXT },
  { wire: OLLAMA, frames: ollama, text: TEXT },
];

/** A frame as it goes over the wire. */
export function encoded({ name }: WireUnderTest, { data }: Pick<RecordedFrame, 'data'>): string {
  if (name === OLLAMA.name) return `${JSON.stringify(data)}\n`;
  const type = typeof data?.['type'] === 'string' ? `event: ${data['type']}\n` : '';
  return `${type}data: ${data === undefined ? '[DONE]' : JSON.stringify(data)}\n\n`;
}
