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

const PAGE = 2;

/** OpenAI's files, batches and chat completions. */
export class OpenAiBatchServer extends BatchServer {
  protected readonly basePath = '/v1';
  readonly #files = new Map<string, string>();
  /** How often a file that was uploaded is not found yet. */
  missing = 0;

  protected keyIn({ authorization = '' }: IncomingMessage['headers']): string | undefined {
    return /^Bearer (.+)$/.exec(authorization)?.[1];
  }

  protected idOf(number: number): string {
    return `batch_${number}`;
  }

  protected refusal(status: number, code: string): Reply {
    return { status, json: { error: { message: `Refused: ${code}.`, type: 'invalid_request_error', code } } };
  }

  protected answer({ method, path, query, headers, body }: Asked): Reply {
    const [, , kind = '', id = '', part] = path.split('/');
    if (path === '/v1/chat/completions') return this.#stream(JSON.parse(body) as JsonObject);
    if (kind === 'files' && part === 'content') return this.#download(id);
    if (kind === 'files') {
      const fileId = `file-${this.#files.size}`;
      this.#files.set(fileId, fileIn(body, headers['content-type'] ?? ''));
      return { json: { id: fileId, object: 'file', purpose: 'batch' } };
    }
    const batch = this.withId(id);
    if (batch !== undefined) return { json: shown(part === 'cancel' ? this.cancel(batch) : this.look(batch)) };
    if (id !== '') return this.refusal(404, 'not_found');
    if (method === 'POST') return this.#begun(JSON.parse(body) as JsonObject);
    this.lists += 1;
    const newest = this.batches.toReversed();
    const from = newest.findIndex((one) => one.id === query.get('after')) + 1;
    const data = newest.slice(from, from + PAGE).map((one) => shown(this.look(one)));
    return { json: { object: 'list', data, has_more: from + PAGE < newest.length } };
  }

  #begun(asked: JsonObject): Reply {
    const { endpoint, completion_window: window } = asked;
    if ((this.missing -= 1) >= 0) {
      const message = `Cannot find file ${textAt(asked, 'input_file_id')}, or organization org-1 does not have access to it.`;
      return { status: 400, json: { error: { message, type: 'invalid_request_error', code: null } } };
    }
    const file = this.#files.get(textAt(asked, 'input_file_id')) ?? '';
    const lines = file.split('\n').map((line) => JSON.parse(line) as JsonObject);
    const isRight = lines.every(
      (line) => line['method'] === 'POST' && line['url'] === endpoint && !('stream' in objectAt(line, 'body')),
    );
    if (!isRight || window !== '24h' || new Set(lines.map((line) => line['custom_id'])).size < lines.length)
      return this.refusal(400, 'invalid_file');
    const sent = lines.map((line) => sentLine(line));
    const batch = this.take(sent, textAt(objectAt(asked, 'metadata'), 'circuit_breaker_batch'));
    return this.submitted(batch, shown(batch));
  }

  #download(id: string): Reply {
    const { ending } = this.withId(id.replace(/^output-/, '')) ?? {};
    return { text: linesOf(outputOf(ending?.lines ?? [])) };
  }

  #stream(body: JsonObject): Reply {
    this.streamed.push(body);
    const piece = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
    const said = { index: 0, delta: { content: `streamed ${saidIn(body)}` }, finish_reason: 'stop' };
    const text = [piece({ choices: [said] }), piece({ choices: [], usage: TOKENS }), 'data: [DONE]\n\n'];
    return { headers: { 'content-type': 'text/event-stream' }, text };
  }
}

const TOKENS = {
  prompt_tokens: USAGE.input,
  completion_tokens: USAGE.output,
  total_tokens: USAGE.input + USAGE.output,
};

function* outputOf(lines: Iterable<EndedLine>): Generator<string> {
  for (const ended of lines) yield typeof ended === 'string' ? ended : lineOf(ended);
}

function lineOf(ended: Exclude<EndedLine, string>): string {
  const { customId } = ended.line;
  const line = { id: 'batch_req', custom_id: customId, response: null, error: null };
  if ('never' in ended) return JSON.stringify({ ...line, error: { code: `batch_${ended.never}`, message: 'No.' } });
  const response = { status_code: 200, request_id: `req_${customId}` };
  if ('status' in ended) {
    const { status, code } = ended;
    const body = { error: { message: `It is ${code}.`, type: 'invalid_request_error', code } };
    return JSON.stringify({ ...line, response: { ...response, status_code: status, body } });
  }
  const message = { role: 'assistant', content: ended.content };
  const body = { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: TOKENS };
  return JSON.stringify({ ...line, response: { ...response, body } });
}

function shown({ id, named, madeAt, ending }: TakenBatch) {
  return {
    id,
    object: 'batch',
    status: ending === undefined ? 'in_progress' : ending.status === 'refused' ? 'failed' : ending.status,
    ...(ending?.status === 'refused' ? { errors: { data: [{ code: ending.code, message: 'It is no batch.' }] } } : {}),
    metadata: { circuit_breaker_batch: named },
    created_at: Math.floor(madeAt.getTime() / 1000),
    output_file_id: ending === undefined ? null : `output-${id}`,
    error_file_id: null,
  };
}

function sentLine(line: JsonObject): SentLine {
  const body = objectAt(line, 'body');
  return { customId: textAt(line, 'custom_id'), body, said: saidIn(body) };
}

function saidIn(body: JsonObject): string {
  const last = objectsIn(listAt(body, 'messages')).at(-1);
  return last === undefined ? '' : textAt(last, 'content');
}

function fileIn(form: string, contentType: string): string {
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1] ?? '';
  const parts = form.split(`--${boundary}`);
  const contentOf = (name: string) => {
    const part = parts.find((one) => one.includes(`name="${name}"`)) ?? '';
    return part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '');
  };
  return contentOf('purpose') === 'batch' ? contentOf('file') : '';
}
