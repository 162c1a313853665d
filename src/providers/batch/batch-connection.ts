import { setTimeout } from 'node:timers/promises';

import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import type { ExecutionErrorCode } from '../../core/codes.js';
import { ModelError } from '../../core/executions/model-error.js';
import { readText } from '../connection/bounded-text.js';
import { GuardedCall, type AnswerHead, type CallLimits } from '../connection/guarded-call.js';
import type { HeaderValues } from '../failures/asked-wait.js';
import { classifyAnswer } from '../failures/classify-answer.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import { quoteProvider } from '../failures/quote-provider.js';
import type { Endpoint } from '../keys/endpoint.js';
import type { LlmProvider } from '../../core/agents/agent.js';
import type { ProviderDependencies } from '../provider-dependencies.js';
import { apiUrl, type WireFormat } from '../wire-format.js';
import { readResultLines } from './result-lines.js';

const LIMITS: CallLimits = { totalMs: 600_000, firstByteMs: 300_000, idleMs: 60_000 };
const FILE_LIMITS: CallLimits = { ...LIMITS, totalMs: 1_800_000 };
const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;
/** Codes of answers that have begun and were not read to their end. */
const BROKEN_OFF: readonly ExecutionErrorCode[] = ['network', 'timeout'];

type OnHead = (head: AnswerHead) => void;

interface Reading<Read> {
  readonly onHead?: OnHead | undefined;
  readonly read: (response: Response) => Promise<Read>;
}

export interface Posted {
  readonly contentType: string;
  readonly body: string;
  /** Besides those of every call. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface BatchAccount {
  readonly provider: LlmProvider;
  readonly format: WireFormat;
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
}

/** The way to the batches of one account: with its key, over the connections that model calls have. Every call may fail as they do. */
export class BatchConnection {
  readonly #dependencies: ProviderDependencies;
  readonly #provider: LlmProvider;
  readonly #format: WireFormat;
  readonly #signal: AbortSignal;
  readonly #endpoint: Endpoint;

  constructor(dependencies: ProviderDependencies, { provider, format, endpoint, signal }: BatchAccount) {
    this.#dependencies = dependencies;
    this.#provider = provider;
    this.#format = format;
    this.#signal = signal;
    this.#endpoint = endpoint;
  }

  /** Whose batches they are. */
  get provider(): LlmProvider {
    return this.#provider;
  }

  get baseUrl(): URL {
    return this.#endpoint.baseUrl;
  }

  /** `path`: under the base URL. */
  async get(path: string): Promise<JsonObject> {
    return await this.#json(path);
  }

  async post(path: string, posted: Posted): Promise<JsonObject> {
    return await this.#json(path, posted);
  }

  /**
   * What makes a batch. Only what is answered without success is a refusal: behind a success that cannot be read (of a gateway, say) there
   * may be a batch, so that is `server`.
   */
  async submit(path: string, posted: Posted): Promise<JsonObject> {
    let begun: AnswerHead | undefined;
    const onHead = (head: AnswerHead) => {
      begun = head;
    };
    try {
      return await this.#json(path, posted, onHead);
    } catch (error) {
      if (error instanceof ModelError && isFine(begun) && !BROKEN_OFF.includes(error.code))
        throw new ModelError('server', error.message);
      throw error;
    }
  }

  /** What an answer begins with. The rest is not read, whatever it says that it is: uploads begin with a page that is empty. */
  async postForHeaders(path: string, posted: Posted): Promise<HeaderValues> {
    let begun: AnswerHead | undefined;
    const onHead = (head: AnswerHead) => {
      begun = head;
    };
    try {
      await this.#answer(path, posted, { onHead, read: () => Promise.resolve() });
    } catch (error) {
      if (!isFine(begun)) throw error;
    }
    return begun?.headers ?? {};
  }

  /** The lines of a file, as `readResultLines` gives them. */
  async *lines(path: string): AsyncGenerator<string | undefined, void, undefined> {
    const call = this.#open(FILE_LIMITS);
    try {
      const response = await call.fetch(apiUrl(this.#endpoint.baseUrl, path));
      yield* readResultLines(response.body ?? []);
    } catch (error) {
      throw call.explain(error);
    } finally {
      call.close();
    }
  }

  /** Throws the reason of the signal after an abort. */
  async pause(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: this.#signal }).catch(() => undefined);
    this.#signal.throwIfAborted();
  }

  /** What a provider says, as it may be shown. */
  quote(words: string): string {
    return quoteProvider(words, { secrets: this.#endpoint.secrets, prompts: [] });
  }

  async #json(path: string, posted?: Posted, onHead?: OnHead): Promise<JsonObject> {
    return await this.#answer(path, posted, {
      onHead,
      read: async (response) => {
        const text = response.body === null ? '' : await readText(response.body, LARGEST_ANSWER_BYTES);
        const answer = parseJsonObject(text);
        if (isJsonObject(answer)) return answer;
        const { host } = this.baseUrl;
        if (Buffer.byteLength(text) >= LARGEST_ANSWER_BYTES)
          throw new ModelError('server', `${host} answered more than can be read.`);
        throw new ModelError('invalid_request', `${host} answered nothing that belongs to an API of batches.`);
      },
    });
  }

  async #answer<Read>(path: string, posted: Posted | undefined, { onHead, read }: Reading<Read>): Promise<Read> {
    const call = this.#open(LIMITS, posted, onHead);
    try {
      const init = posted === undefined ? {} : { method: 'POST', body: posted.body };
      return await read(await call.fetch(apiUrl(this.baseUrl, path), init));
    } catch (error) {
      throw call.explain(error);
    } finally {
      call.close();
    }
  }

  #open(limits: CallLimits, posted?: Posted, onHead?: OnHead): GuardedCall {
    const { secrets, keySource, key, headers } = this.#endpoint;
    const context = { model: this.#provider.model, keySource, secrets, prompts: [], sent: () => ({}) };
    return new GuardedCall({
      limits,
      signal: this.#signal,
      dispatcher: this.#dependencies.dispatcher,
      headers: {
        accept: 'application/json',
        'user-agent': 'circuit-breaker',
        ...this.#format.headers(this.#provider, key),
        ...headers,
        ...(posted === undefined ? {} : { 'content-type': posted.contentType, ...posted.headers }),
      },
      secrets,
      classify: (answer) => classifyAnswer(answer, context),
      ...(onHead === undefined ? {} : { onHead }),
    });
  }
}

function isFine(head: AnswerHead | undefined): boolean {
  return head !== undefined && head.status >= 200 && head.status < 300;
}
