import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { listAt, objectAt, textAt } from '../../src/core/json/json-fields.js';
import { isJsonObject, type JsonObject } from '../../src/core/json/json.js';

/** A line of the file that a batch was made of. */
export interface SentLine {
  readonly customId: string;
  readonly body: JsonObject;
  /** What the user says. */
  readonly said: string;
}

interface Batch {
  readonly id: string;
  readonly lines: readonly SentLine[];
  /** What its metadata say. */
  readonly ownId: string;
  status: string;
  output: readonly string[];
  looks: number;
}

/**
 * OpenAI's files, batches and chat completions, as its documents describe them, for tests: it counts what is asked of it. A batch is over
 * at the second look, unless it is held.
 */
export class OpenAiBatchServer {
  readonly batches: Batch[] = [];
  /** Streams that were asked for. */
  streams = 0;
  /** How often batches were listed. */
  lists = 0;
  /** Set: batches stay under way. */
  isHeld = false;
  /** Set: who submits a batch hears nothing of it, ever. */
  isMute = false;
  /** What comes of a batch in the end, and its lines. */
  ending: typeof allAnswered = allAnswered;
  readonly #files = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    const [, , kind = '', id = '', part] = pathname.split('/');
    if (part === 'content') {
      this.#download(id, response);
      return;
    }
    if (pathname === '/v1/chat/completions') {
      this.#stream(JSON.parse(body) as JsonObject, response);
      return;
    }
    const { authorization, 'content-type': type = '' } = request.headers;
    const asked = { isPost: request.method === 'POST', id, body, type, after: searchParams.get('after') };
    const answer = authorization === 'Bearer sk-batches' ? this.#answerTo(kind, asked) : refusal('invalid_api_key');
    if (answer === undefined) return;
    const status = 'error' in answer ? (authorization === 'Bearer sk-batches' ? 400 : 401) : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  /** Undefined: there is none, ever. */
  #answerTo(kind: string, asked: Asked): Refusal | Readonly<Record<string, unknown>> | undefined {
    if (kind === 'files') {
      const id = `file-${this.#files.size}`;
      this.#files.set(id, fileIn(asked.body, asked.type));
      return { id, object: 'file', purpose: 'batch' };
    }
    if (asked.isPost) {
      const batch = this.#begun(JSON.parse(asked.body) as JsonObject);
      if (batch === undefined) return refusal('invalid_file');
      return this.isMute ? undefined : shown(batch);
    }
    if (asked.id === '') {
      this.lists += 1;
      const from = this.batches.findIndex(({ id }) => id === asked.after) + 1;
      const data = this.batches.slice(from, from + 2).map(shown);
      return { object: 'list', data, has_more: from + 2 < this.batches.length };
    }
    const batch = this.batches.find(({ id }) => id === asked.id);
    if (batch === undefined) return refusal('not_found');
    batch.looks += 1;
    if (!this.isHeld && batch.looks >= 2) Object.assign(batch, this.ending(batch.lines));
    return shown(batch);
  }

  #download(id: string, response: ServerResponse): void {
    const { output = [] } = this.batches.find((batch) => id === `output-${batch.id}`) ?? {};
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(output.map((line) => `${line}\n`).join(''));
  }

  #begun(asked: JsonObject): Batch | undefined {
    const { endpoint, completion_window: window } = asked;
    const file = this.#files.get(textAt(asked, 'input_file_id')) ?? '';
    const lines = file.split('\n').map((line) => JSON.parse(line) as JsonObject);
    const isRight = lines.every(
      (line) => line['method'] === 'POST' && line['url'] === endpoint && !('stream' in objectAt(line, 'body')),
    );
    if (!isRight || window !== '24h' || new Set(lines.map((line) => line['custom_id'])).size < lines.length)
      return undefined;
    const batch = {
      id: `batch_${this.batches.length + 1}`,
      lines: lines.map((line) => sentLine(line)),
      ownId: textAt(objectAt(asked, 'metadata'), 'circuit_breaker_batch'),
      ...{ status: 'validating', output: [], looks: 0 },
    };
    this.batches.push(batch);
    return batch;
  }

  #stream(body: JsonObject, response: ServerResponse): void {
    this.streams += 1;
    const piece = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
    const said = { index: 0, delta: { content: `streamed ${saidIn(body)}` }, finish_reason: 'stop' };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${piece({ choices: [said] })}${piece({ choices: [], usage: USAGE })}data: [DONE]\n\n`);
  }
}

/** What comes of a batch of which nothing is wrong. */
export function allAnswered(lines: readonly SentLine[]): {
  readonly status: string;
  readonly output: readonly string[];
} {
  return { status: 'completed', output: lines.map((line) => answerLine(line)) };
}

const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

/** A line of an output file: by default what the model was told, once more. */
export function answerLine({ customId, said }: SentLine, content = `Answer to ${said}`): string {
  const message = { role: 'assistant', content };
  const body = { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE };
  const response = { status_code: 200, request_id: `req_${customId}`, body };
  return JSON.stringify({ id: 'batch_req', custom_id: customId, response, error: null });
}

/** A line of an error file: the model was asked, and refused. */
export function refusedLine({ customId }: SentLine, status: number, code: string): string {
  const body = { error: { message: `It is ${code}.`, type: 'invalid_request_error', code } };
  const response = { status_code: status, request_id: `req_${customId}`, body };
  return JSON.stringify({ id: 'batch_req', custom_id: customId, response, error: null });
}

interface Asked {
  readonly isPost: boolean;
  readonly id: string;
  readonly body: string;
  readonly type: string;
  readonly after: string | null;
}

interface Refusal {
  readonly error: { readonly message: string; readonly type: string; readonly code: string };
}

function refusal(code: string): Refusal {
  return { error: { message: `Refused: ${code}.`, type: 'invalid_request_error', code } };
}

function shown({ id, status, ownId, output }: Batch) {
  const files = { output_file_id: output.length === 0 ? null : `output-${id}`, error_file_id: null };
  return {
    id,
    object: 'batch',
    status,
    metadata: { circuit_breaker_batch: ownId },
    created_at: Math.floor(Date.now() / 1000),
    ...files,
  };
}

function sentLine(line: JsonObject): SentLine {
  const body = objectAt(line, 'body');
  return { customId: textAt(line, 'custom_id'), body, said: saidIn(body) };
}

function saidIn(body: JsonObject): string {
  const last = listAt(body, 'messages').filter(isJsonObject).at(-1);
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

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
