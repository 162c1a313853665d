import type { Dispatcher } from 'undici';
import { ModelError, type ModelErrorFacts } from '../../core/executions/model-error.js';
import { readText } from './bounded-text.js';
import { overNetwork, type Exchange, type ExchangedAnswer } from './exchange.js';
import { UnknownPacking, unpackedBody } from '../../http/unpacked-body.js';
import type { HeaderValues } from '../failures/asked-wait.js';
import type { FailedAnswer } from '../failures/failed-answer.js';
import { networkFailure, packedAnswer, type CallStage } from './network-failure.js';
import { readResponseFacts } from './response-facts.js';
import type { WireFetch } from '../wire-format.js';

/** Bounds of one call. Connecting is bounded by the dispatcher. */
export interface CallLimits {
  readonly totalMs: number;
  /** From the request to the first byte of the answer's body. */
  readonly firstByteMs: number;
  /** Between two pieces of the body, counted only while someone waits for one. */
  readonly idleMs: number;
}

export interface GuardedCallOptions {
  readonly dispatcher: Dispatcher;
  /** What stands in for the network; absent: nothing does. */
  readonly exchange?: Exchange;
  readonly signal: AbortSignal;
  readonly limits: CallLimits;
  /** Sent in place of what the SDK would send: no key, account or telemetry that it finds by itself gets out. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the headers carry: nothing that comes back may repeat it. */
  readonly secrets: readonly string[];
  /** What an answer that is not a stream means; called for every status but 2xx, and for 2xx of another type. */
  readonly classify: (answer: FailedAnswer) => ModelError;
  /** What each answer begins with, before anything of it is read. */
  readonly onHead?: (head: AnswerHead) => void;
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: HeaderValues;
}

/** What an answer that may be whole still lacks: usage, or the end that frees the connection for the next call. */
export interface ExpectedRest {
  /** How long to wait for it; absent: as long as within the answer. Silence then counts as the end. */
  readonly graceMs?: number;
  /** A connection that breaks counts as the end, too. */
  readonly mayBreak: boolean;
}

/** Read of an answer that is an error: enough for its message. */
const LARGEST_ERROR_BYTES = 64 * 1024;
const ERROR_GRACE_MS = 5_000;
/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * The one way out to a provider, for one call: a `fetch` for its SDK that owns the abort and every timer, follows no
 * redirect (a redirect would carry the key to a host nobody bound it to), and remembers the first failure, since SDKs
 * wrap, rename or swallow what their `fetch` throws. `close` on every way out: it destroys what is still open.
 */
export class GuardedCall {
  readonly #options: GuardedCallOptions;
  readonly #controller = new AbortController();
  readonly #total: NodeJS.Timeout;
  readonly #startedMs = performance.now();
  #failure: ModelError | undefined;
  #facts: ModelErrorFacts = {};
  #host = 'the provider';
  #contentType = '';
  #rest: ExpectedRest | undefined;

  constructor(options: GuardedCallOptions) {
    this.#options = options;
    this.#total = setTimeout(
      () => {
        this.#fail('timeout', `${this.#host} did not finish within ${seconds(options.limits.totalMs)} s.`);
      },
      Math.min(options.limits.totalMs, LONGEST_TIMER_MS),
    );
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => {
    this.#controller.abort();
  };

  /** The provider's id of this call, once its headers are here. */
  get providerRequestId(): string | undefined {
    return this.#facts.providerRequestId;
  }

  readonly fetch: WireFetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    this.#host = url.host;
    const { exchange = overNetwork } = this.#options;
    const answer = await this.#guard('before the answer', this.#options.limits.firstByteMs, () =>
      exchange(url, {
        dispatcher: this.#options.dispatcher,
        method: init?.method === 'POST' ? 'POST' : 'GET',
        headers: { 'accept-encoding': 'identity', ...this.#options.headers },
        body: typeof init?.body === 'string' ? init.body : null,
        signal: this.#controller.signal,
      }),
    );
    const { secrets, onHead } = this.#options;
    onHead?.({ status: answer.statusCode, headers: answer.headers });
    const { statusCode: status, headers } = answer;
    this.#facts = { status, ...readResponseFacts(headers, { nowMs: Date.now(), status, secrets }) };
    const contentType = headerText(answer.headers['content-type']);
    this.#contentType = contentType;
    if (!this.#isExpected(answer.statusCode, contentType)) throw await this.#refuse(answer, contentType);
    return new Response(this.#stream(this.#unpacked(answer)), {
      status: 200,
      headers: { 'content-type': contentType },
    });
  };

  /**
   * What the provider answers to the request that an SDK makes in `send`. The SDK itself gets an empty answer: it would
   * read along, and differently.
   */
  async answerTo(send: (fetch: WireFetch) => Promise<unknown>): Promise<Response> {
    let answer: Response | undefined;
    await send(async (input, init) => {
      answer = await this.fetch(input, init);
      return new Response('', { headers: { 'content-type': answer.headers.get('content-type') ?? '' } });
    });
    if (answer === undefined) throw new ModelError('invalid_request', 'The SDK of the provider sent no request.');
    return answer;
  }

  /** What the answer says that it is, once its headers are here. */
  get contentType(): string {
    return this.#contentType;
  }

  /** Whether the answer says of itself that it is one JSON value, and no stream. */
  get isJson(): boolean {
    return /\bjson\b/i.test(this.#contentType) && !/ndjson|jsonl|json-seq|stream/i.test(this.#contentType);
  }

  /** How the answer may end from now on; `undefined`: it has to go on. */
  expectRest(rest: ExpectedRest | undefined): void {
    this.#rest = rest;
  }

  /** Throws the caller's own reason after an abort; else what to throw: the first failure of the call, or `error`. */
  explain(error: unknown): Error {
    this.#options.signal.throwIfAborted();
    const reason = this.#failure ?? error;
    if (!(reason instanceof ModelError)) return reason instanceof Error ? reason : new Error(String(reason));
    return new ModelError(reason.code, reason.message, { ...this.#facts, ...reason.facts });
  }

  close(): void {
    clearTimeout(this.#total);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#controller.abort();
  }

  #isExpected(status: number, contentType: string): boolean {
    if (status < 200 || status > 299 || status === 204) return false;
    // Some compatible servers name no type, or text/plain, for their streams, and JSON is an answer in one piece; what is
    // neither then fails as a frame.
    return !/html|xml/i.test(contentType);
  }

  async #refuse(answer: ExchangedAnswer, contentType: string): Promise<ModelError> {
    // The status says what happened, so an explanation that stalls or breaks off is taken as far as it came.
    this.expectRest({ graceMs: ERROR_GRACE_MS, mayBreak: true });
    const text = await this.#readError(answer);
    const location = headerText(answer.headers['location']);
    const { statusCode: status } = answer;
    this.#failure = this.#options.classify({
      status,
      facts: this.#facts,
      contentType,
      text,
      location,
      host: this.#host,
    });
    return this.#failure;
  }

  /** An error that cannot be unpacked still has its status. */
  async #readError(answer: ExchangedAnswer): Promise<string> {
    try {
      return await readText(this.#stream(this.#unpacked(answer)), LARGEST_ERROR_BYTES);
    } catch (error) {
      if (!(error instanceof ModelError && error.code === 'invalid_request')) throw error;
      return '';
    }
  }

  #unpacked({ body, headers }: ExchangedAnswer): AsyncIterator<unknown> {
    try {
      return unpackedBody(body, [headers['content-encoding'] ?? ''].flat().join(','));
    } catch (error) {
      if (!(error instanceof UnknownPacking)) throw error;
      this.#failure = packedAnswer(error, this.#host);
      throw this.#failure;
    }
  }

  #stream(parts: AsyncIterator<unknown>): ReadableStream<Uint8Array> {
    let firstByteMs: number | undefined = Math.max(
      1,
      this.#options.limits.firstByteMs - (performance.now() - this.#startedMs),
    );
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const waitMs = this.#rest?.graceMs ?? firstByteMs ?? this.#options.limits.idleMs;
            const part = await this.#guard('within the answer', waitMs, () => parts.next());
            firstByteMs = undefined;
            if (part.done === true) controller.close();
            else if (part.value instanceof Uint8Array) controller.enqueue(part.value);
          } catch (error) {
            if (!this.#mayEnd() || this.#options.signal.aborted) throw error;
            // Taken as the end, so it must not outrank what the whole answer turns out to be.
            this.#failure = undefined;
            controller.close();
          }
        },
        cancel: () => {
          this.#controller.abort();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Whether the failure that has just happened may count as the end of the answer. */
  #mayEnd(): boolean {
    return this.#rest !== undefined && (this.#rest.mayBreak || this.#failure?.code === 'timeout');
  }

  /** Runs one step under its timer and names its failure. */
  async #guard<T>(stage: CallStage, waitMs: number, step: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      const what = stage === 'before the answer' ? 'did not begin to answer' : 'sent nothing';
      this.#fail('timeout', `${this.#host} ${what} for ${seconds(waitMs)} s.`);
    }, waitMs);
    try {
      return await step();
    } catch (error) {
      const { code, message } = networkFailure(error, this.#host, stage);
      this.#failure ??= new ModelError(code, message, this.#facts);
      throw this.#failure;
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(code: ModelError['code'], message: string): void {
    this.#failure ??= new ModelError(code, message, this.#facts);
    this.#controller.abort();
  }
}

function headerText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function seconds(milliseconds: number): string {
  return String(Math.round(milliseconds / 100) / 10);
}
