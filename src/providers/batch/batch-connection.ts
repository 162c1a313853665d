import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import { ModelError } from '../../core/executions/model-error.js';
import { readText } from '../connection/bounded-text.js';
import { GuardedCall, type CallLimits } from '../connection/guarded-call.js';
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

export interface Posted {
  readonly contentType: string;
  readonly body: string;
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

  /** `path`: under the base URL. */
  async get(path: string): Promise<JsonObject> {
    return await this.#json(path, undefined);
  }

  async post(path: string, posted: Posted): Promise<JsonObject> {
    return await this.#json(path, posted);
  }

  /** The lines of a file, as `readResultLines` gives them. */
  async *lines(path: string): AsyncGenerator<string | undefined, void, undefined> {
    const call = this.#open(FILE_LIMITS, undefined);
    try {
      const response = await call.fetch(apiUrl(this.#endpoint.baseUrl, path));
      yield* readResultLines(response.body ?? []);
    } catch (error) {
      throw call.explain(error);
    } finally {
      call.close();
    }
  }

  /** What a provider says, as it may be shown. */
  quote(words: string): string {
    return quoteProvider(words, { secrets: this.#endpoint.secrets, prompts: [] });
  }

  async #json(path: string, posted: Posted | undefined): Promise<JsonObject> {
    const call = this.#open(LIMITS, posted);
    const { baseUrl } = this.#endpoint;
    try {
      const init = posted === undefined ? {} : { method: 'POST', body: posted.body };
      const response = await call.fetch(apiUrl(baseUrl, path), init);
      const text = response.body === null ? '' : await readText(response.body, LARGEST_ANSWER_BYTES);
      const answer = parseJsonObject(text);
      if (isJsonObject(answer)) return answer;
      throw new ModelError('invalid_request', `${baseUrl.host} answered nothing that belongs to an API of batches.`);
    } catch (error) {
      throw call.explain(error);
    } finally {
      call.close();
    }
  }

  #open(limits: CallLimits, posted: Posted | undefined): GuardedCall {
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
        ...(posted === undefined ? {} : { 'content-type': posted.contentType }),
      },
      secrets,
      classify: (answer) => classifyAnswer(answer, context),
    });
  }
}
