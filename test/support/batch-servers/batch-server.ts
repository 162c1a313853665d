import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.js';

/** A request of a batch. */
export interface SentLine {
  readonly customId: string;
  readonly body: JsonObject;
  /** What the user says. */
  readonly said: string;
}

/** What came of a line, whosever batch it is of. */
export type EndedLine =
  | { readonly line: SentLine; readonly content: string }
  | { readonly line: SentLine; readonly status: number; readonly code: string }
  | { readonly line: SentLine; readonly never: 'expired' | 'cancelled' }
  /** Instead of a line. */
  | string;

/** What comes of a batch in the end. Lines are made as they are read. */
export interface Ending {
  readonly status: 'completed' | 'expired' | 'cancelled' | 'refused';
  readonly lines: Iterable<EndedLine>;
  /** Set: nobody gets the results. */
  readonly areGone?: true;
  /** Why it was refused, where its provider has words for that. */
  readonly code?: string;
}

export interface TakenBatch {
  readonly id: string;
  readonly lines: readonly SentLine[];
  /** What it is called for people, where the API has room for that. */
  readonly named: string;
  readonly madeAt: Date;
  /** Whose it is; empty: a stranger's. */
  readonly key: string;
  ending: Ending | undefined;
  looks: number;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly text?: Iterable<string>;
}

export const BATCH_KEY = 'sk-batches';
/** As good as the other. */
export const OTHER_BATCH_KEY = 'sk-more-batches';

/**
 * A provider's API of batches, as its documents describe it, for tests: it counts what is asked of it. A batch is over at the second look, a
 * list that has it being one, unless it is held.
 */
export abstract class BatchServer {
  readonly batches: TakenBatch[] = [];
  /** Streams that were asked for: what was sent. */
  readonly streamed: JsonObject[] = [];
  /** How often batches were listed. */
  lists = 0;
  /** The ids of batches that were to be cancelled. */
  readonly cancelled: string[] = [];
  /** Set: batches stay under way. */
  isHeld = false;
  /** Set: who submits a batch hears nothing of it, ever; or loses the connection, or is shown a page of some gateway, once. */
  silence: 'none' | 'mute' | 'broken' | 'page' = 'none';
  /** What is answered to everything, so often. */
  refusals: Reply[] = [];
  /** Those that are good. A batch is there for its own only. */
  keys: readonly string[] = [BATCH_KEY, OTHER_BATCH_KEY];
  /** Batches that are forgotten: nobody knows them. */
  readonly forgotten = new Set<string>();
  ending: (lines: readonly SentLine[]) => Ending = allAnswered;
  /** Set: whoever reads results gets so many lines, and waits for the others. */
  resultsHeldAfter: number | undefined;
  /** How many wait so. */
  heldReaders = 0;
  protected origin = '';
  /** Ever: no id is given twice. */
  #taken = 0;
  #askedBy = '';
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** The base URL of the provider. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return `${this.origin}${this.basePath}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get streams(): number {
    return this.streamed.length;
  }

  /** As it was in the beginning. */
  reset(): void {
    this.batches.length = 0;
    this.cancelled.length = 0;
    this.streamed.length = 0;
    [this.lists, this.isHeld, this.silence, this.refusals] = [0, false, 'none', []];
    this.keys = [BATCH_KEY, OTHER_BATCH_KEY];
    [this.resultsHeldAfter, this.heldReaders] = [undefined, 0];
    this.forgotten.clear();
    this.ending = allAnswered;
  }

  /** As somebody else would, or another of ours. */
  take(lines: readonly SentLine[], named = '', madeAt = new Date()): TakenBatch {
    this.#taken += 1;
    const id = this.idOf(this.#taken);
    const batch: TakenBatch = { id, lines, named, madeAt, key: this.#askedBy, ending: undefined, looks: 0 };
    this.batches.push(batch);
    return batch;
  }

  protected abstract readonly basePath: string;
  /** Of an error, as the API words it. */
  protected abstract refusal(status: number, code: string): Reply;
  protected abstract keyIn(headers: IncomingMessage['headers']): string | undefined;
  protected abstract idOf(number: number): string;
  protected abstract answer(asked: Asked): Reply | Promise<Reply>;

  protected submitted(batch: TakenBatch, shown: unknown): Reply {
    if (this.silence === 'none') return { json: shown };
    const { silence } = this;
    if (silence !== 'mute') this.silence = 'none';
    if (silence === 'page') return { headers: { 'content-type': 'text/html' }, text: ['<html>Welcome</html>'] };
    return { status: silence === 'broken' ? -1 : -2, json: batch.id };
  }

  protected look(batch: TakenBatch): TakenBatch {
    batch.looks += 1;
    if (!this.isHeld && batch.looks >= 2) batch.ending ??= this.ending(batch.lines);
    return batch;
  }

  protected cancel(batch: TakenBatch): TakenBatch {
    this.cancelled.push(batch.id);
    batch.ending ??= { status: 'cancelled', lines: batch.lines.map((line) => ({ line, never: 'cancelled' })) };
    return batch;
  }

  protected withId(id: string): TakenBatch | undefined {
    const keys = ['', this.#askedBy];
    return this.batches.find((batch) => batch.id === id && keys.includes(batch.key) && !this.forgotten.has(id));
  }

  async *#read(text: Iterable<string>): AsyncGenerator<string> {
    let given = 0;
    for (const piece of text) {
      if (given === this.resultsHeldAfter) {
        this.heldReaders += 1;
        // Until the reader is gone.
        await new Promise(() => undefined);
      }
      given += 1;
      yield piece;
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    const { method = 'GET', headers } = request;
    const asked = { method, path: decodeURIComponent(pathname), query: searchParams, headers, body };
    const refused = this.refusals.shift();
    const key = this.keyIn(headers) ?? '';
    const isKnown = this.keys.includes(key);
    this.#askedBy = key;
    const reply = refused ?? (isKnown ? await this.answer(asked) : this.refusal(401, 'invalid_api_key'));
    if (reply.status === -2) return;
    if (reply.status === -1) {
      request.socket.destroy();
      return;
    }
    const type = reply.text === undefined ? 'application/json' : 'application/octet-stream';
    response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
    // Who has read enough leaves.
    await pipeline(
      Readable.from(reply.text === undefined ? [JSON.stringify(reply.json ?? {})] : this.#read(reply.text)),
      response,
    ).catch(() => undefined);
  }
}

/** What comes of a batch of which nothing is wrong. */
export function allAnswered(lines: readonly SentLine[]): Ending {
  return { status: 'completed', lines: lines.map((line) => answered(line)) };
}

/** By default what the model was told, once more. */
export function answered(line: SentLine, content = `Answer to ${line.said}`): EndedLine {
  return { line, content };
}

/** The model was asked, and refused. */
export function refused(line: SentLine, status: number, code: string): EndedLine {
  return { line, status, code };
}

export const USAGE = { input: 1000, output: 100 };

export function objectsIn(list: readonly JsonValue[]): readonly JsonObject[] {
  return list.filter(isJsonObject);
}

export function* linesOf(texts: Iterable<string>): Generator<string> {
  for (const text of texts) yield `${text}\n`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
