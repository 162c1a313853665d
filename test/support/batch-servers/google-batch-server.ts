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
  type Ending,
  type Reply,
  type SentLine,
  type TakenBatch,
} from './batch-server.js';

const PAGE = 2;

/** Gemini's files, batches and generateContent. */
export class GoogleBatchServer extends BatchServer {
  protected readonly basePath = '';
  readonly #files = new Map<string, string>();

  protected keyIn(headers: IncomingMessage['headers']): string | undefined {
    const key = headers['x-goog-api-key'];
    return typeof key === 'string' ? key : undefined;
  }

  protected idOf(number: number): string {
    return `batches/${number}`;
  }

  protected refusal(status: number, code: string): Reply {
    return { status, json: { error: { code: status, message: `Refused: ${code}.`, status: 'INVALID_ARGUMENT' } } };
  }

  protected answer({ method, path, query, headers, body }: Asked): Reply {
    const file = /^\/download\/v1beta\/files\/output-(\d+):download$/.exec(path)?.[1];
    if (file !== undefined) return this.#download(`batches/${file}`, query);
    if (path === '/upload/v1beta/files') return this.#upload(headers, query, body);
    if (path.endsWith(':streamGenerateContent')) return this.#stream(JSON.parse(body) as JsonObject);
    if (/^\/v1beta\/models\/[^/]+:batchGenerateContent$/.test(path)) return this.#begun(JSON.parse(body) as JsonObject);
    const [, name = '', verb] = /^\/v1beta\/(batches(?:\/\d+)?)(?::(\w+))?$/.exec(path) ?? [];
    const batch = this.withId(name);
    if (batch !== undefined && verb === 'cancel' && method === 'POST') {
      this.cancel(batch);
      return { json: {} };
    }
    if (batch !== undefined) return { json: shown(this.look(batch)) };
    if (name !== 'batches') return this.refusal(404, 'not_found');
    this.lists += 1;
    const from = Number(query.get('pageToken') ?? 0);
    const operations = this.batches.slice(from, from + PAGE).map((one) => shown(this.look(one)));
    const next = from + PAGE < this.batches.length ? { nextPageToken: String(from + PAGE) } : {};
    return { json: { operations, ...next } };
  }

  /** In two steps: where to, and what. The first is answered with a page that is empty. */
  #upload(headers: IncomingMessage['headers'], query: URLSearchParams, body: string): Reply {
    const command = headers['x-goog-upload-command'];
    if (command === 'start' && headers['x-goog-upload-protocol'] === 'resumable') {
      const url = `${this.origin}/upload/v1beta/files?upload_id=1`;
      return { headers: { 'content-type': 'text/html; charset=UTF-8', 'x-goog-upload-url': url }, text: [] };
    }
    if (command !== 'upload, finalize' || query.get('upload_id') !== '1') return this.refusal(400, 'invalid_upload');
    const name = `files/${this.#files.size}`;
    this.#files.set(name, body);
    return { json: { file: { name, state: 'ACTIVE' } } };
  }

  #begun(asked: JsonObject): Reply {
    const batch = objectAt(asked, 'batch');
    const file = this.#files.get(textAt(objectAt(batch, 'inputConfig'), 'fileName')) ?? '';
    const lines = file.split('\n').map((line) => JSON.parse(line) as JsonObject);
    const keys = new Set(lines.map((line) => textAt(line, 'key')));
    if (keys.has('') || keys.size < lines.length) return this.refusal(400, 'invalid_file');
    const taken = this.take(lines.map(sentLine), textAt(batch, 'displayName'));
    return this.submitted(taken, shown(taken));
  }

  #download(id: string, query: URLSearchParams): Reply {
    if (query.get('alt') !== 'media') return this.refusal(400, 'alt');
    return { text: linesOf(outputOf(this.withId(id)?.ending?.lines ?? [])) };
  }

  #stream(body: JsonObject): Reply {
    this.streamed.push(body);
    const text = [`data: ${JSON.stringify(responseOf(`streamed ${saidIn(body)}`))}\n\n`];
    return { headers: { 'content-type': 'text/event-stream' }, text };
  }
}

function responseOf(text: string): JsonObject {
  return {
    candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount: USAGE.input,
      candidatesTokenCount: USAGE.output,
      totalTokenCount: USAGE.input + USAGE.output,
    },
    responseId: 'response',
  };
}

function* outputOf(lines: Iterable<EndedLine>): Generator<string> {
  for (const ended of lines) yield typeof ended === 'string' ? ended : lineOf(ended);
}

function lineOf(ended: Exclude<EndedLine, string>): string {
  const line = (rest: object) => JSON.stringify({ key: ended.line.customId, ...rest });
  if ('never' in ended) return line({ error: { code: ended.never === 'expired' ? 4 : 1, message: 'No.' } });
  if ('status' in ended) return line({ error: { code: CODES[ended.status] ?? 13, message: `It is ${ended.code}.` } });
  return line({ response: { ...responseOf(ended.content), responseId: `response_${ended.line.customId}` } });
}

/** Of google.rpc.Code. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 429: 8, 500: 13 };

const STATES: Readonly<Record<Ending['status'], string>> = {
  completed: 'BATCH_STATE_SUCCEEDED',
  expired: 'BATCH_STATE_EXPIRED',
  cancelled: 'BATCH_STATE_CANCELLED',
  refused: 'BATCH_STATE_FAILED',
};

function shown({ id, named, madeAt, ending }: TakenBatch) {
  // Of a batch that expired or was cancelled there are no results.
  const isThere = ending?.status === 'completed';
  return {
    name: id,
    done: ending !== undefined,
    metadata: {
      '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
      displayName: named,
      createTime: madeAt.toISOString(),
      state: ending === undefined ? 'BATCH_STATE_RUNNING' : STATES[ending.status],
    },
    ...(isThere ? { response: { responsesFile: `files/output-${id.replace('batches/', '')}` } } : {}),
    ...(ending?.status === 'refused' ? { error: { code: 3, message: 'It is no batch.' } } : {}),
  };
}

function sentLine(line: JsonObject): SentLine {
  const body = objectAt(line, 'request');
  return { customId: textAt(line, 'key'), body, said: saidIn(body) };
}

function saidIn(body: JsonObject): string {
  const last = objectsIn(listAt(body, 'contents')).at(-1) ?? {};
  return textAt(objectsIn(listAt(last, 'parts')).at(-1) ?? {}, 'text');
}
