import type { IncomingMessage } from 'node:http';

import type { JsonObject } from '../../../src/core/json/json.js';
import { listAt, objectAt, textAt } from '../../../src/core/json/json-fields.js';
import {
  BatchServer,
  linesOf,
  objectsIn,
  USAGE,
  type Asked,
  type EndedLine,
  type Reply,
  type SentLine,
  type TakenBatch,
} from './batch-server.js';

/** Anthropic's Message Batches and Messages. Nothing in a batch says whose it is until its results do. */
export class AnthropicBatchServer extends BatchServer {
  protected readonly basePath = '';

  protected keyIn(headers: IncomingMessage['headers']): string | undefined {
    const key = headers['x-api-key'];
    return headers['anthropic-version'] === '2023-06-01' && typeof key === 'string' ? key : undefined;
  }

  protected idOf(number: number): string {
    return `msgbatch_${number}`;
  }

  protected refusal(status: number, code: string): Reply {
    return { status, json: { type: 'error', error: { type: code, message: `Refused: ${code}.` } } };
  }

  protected answer({ method, path, query, body }: Asked): Reply {
    if (path === '/v1/messages') return this.#stream(JSON.parse(body) as JsonObject);
    const [, , , , id = '', part] = path.split('/');
    const batch = this.withId(id);
    if (batch?.ending?.areGone === true && part === 'results') return this.refusal(404, 'not_found_error');
    if (batch !== undefined && part === 'results') return { text: linesOf(outputOf(batch.ending?.lines ?? [])) };
    if (batch !== undefined) return { json: this.#shown(part === 'cancel' ? this.cancel(batch) : this.look(batch)) };
    if (id !== '') return this.refusal(404, 'not_found_error');
    if (method === 'POST') return this.#begun(JSON.parse(body) as JsonObject);
    this.lists += 1;
    const newest = this.batches.toReversed();
    const from = newest.findIndex((one) => one.id === query.get('after_id')) + 1;
    const page = newest.slice(from, from + Math.min(Number(query.get('limit')), 1000));
    const data = page.map((one) => this.#shown(this.look(one)));
    return { json: { data, has_more: from + page.length < newest.length, last_id: page.at(-1)?.id ?? null } };
  }

  #begun(asked: JsonObject): Reply {
    const requests = objectsIn(listAt(asked, 'requests'));
    const ids = requests.map((one) => textAt(one, 'custom_id'));
    const isRight = requests.every((one) => {
      const params = objectAt(one, 'params');
      return !('stream' in params) && typeof params['max_tokens'] === 'number';
    });
    const areFine = ids.every((one) => /^[a-zA-Z0-9_-]{1,64}$/.test(one)) && new Set(ids).size === ids.length;
    if (!isRight || !areFine || ids.length === 0) return this.refusal(400, 'invalid_request_error');
    const batch = this.take(requests.map((one) => sentLine(one)));
    return this.submitted(batch, this.#shown(batch));
  }

  #shown({ id, lines, madeAt, ending }: TakenBatch) {
    const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    const isOver = ending !== undefined;
    return {
      id,
      type: 'message_batch',
      processing_status: isOver ? 'ended' : 'in_progress',
      request_counts: { ...none, [isOver ? 'succeeded' : 'processing']: lines.length },
      created_at: madeAt.toISOString(),
      ended_at: isOver ? new Date().toISOString() : null,
      results_url: isOver ? `${this.origin}/v1/messages/batches/${id}/results` : null,
    };
  }

  #stream(body: JsonObject): Reply {
    this.streamed.push(body);
    const usage = { input_tokens: USAGE.input, output_tokens: USAGE.output };
    const events = [
      { type: 'message_start', message: { id: 'msg_1', usage } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: `streamed ${saidIn(body)}` } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
      { type: 'message_stop' },
    ];
    const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    return { headers: { 'content-type': 'text/event-stream' }, text };
  }
}

function* outputOf(lines: Iterable<EndedLine>): Generator<string> {
  for (const ended of lines) yield typeof ended === 'string' ? ended : lineOf(ended);
}

function lineOf(ended: Exclude<EndedLine, string>): string {
  const { customId } = ended.line;
  const line = (result: object) => JSON.stringify({ custom_id: customId, result });
  if ('never' in ended) return line({ type: ended.never === 'expired' ? 'expired' : 'canceled' });
  if ('status' in ended) {
    const error = { type: ERRORS[ended.status] ?? 'api_error', message: `It is ${ended.code}.` };
    return line({ type: 'errored', error: { type: 'error', error, request_id: `req_${customId}` } });
  }
  const message = {
    id: `msg_${customId}`,
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: ended.content }],
    stop_reason: 'end_turn',
    usage: { input_tokens: USAGE.input, output_tokens: USAGE.output },
  };
  return line({ type: 'succeeded', message });
}

const ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  500: 'api_error',
};

function sentLine(request: JsonObject): SentLine {
  const body = objectAt(request, 'params');
  return { customId: textAt(request, 'custom_id'), body, said: saidIn(body) };
}

function saidIn(body: JsonObject): string {
  const last = objectsIn(listAt(body, 'messages')).at(-1) ?? {};
  return textAt(objectsIn(listAt(last, 'content')).at(-1) ?? {}, 'text');
}
