import { OpenAI } from 'openai';
import { ownValue } from '../core/json.js';
import { ModelError } from '../core/model-error.js';
import type { ModelEvent, ModelFinish, ModelRequest } from '../core/turn.js';
import { ChatAnswer } from './chat-answer.js';
import { readChatChunk } from './chat-chunk.js';
import { planChatCall, type ChatPlan } from './chat-request.js';
import { classifyOpenAiAnswer, classifyStreamedError, type ErrorContext } from './classify-openai-error.js';
import { StopSequenceCutter } from './cut-stop-sequences.js';
import { resolveEndpoint, type Endpoint } from './endpoint.js';
import { readEventData } from './event-stream.js';
import { GuardedCall, type CallLimits, type GuardedCallOptions } from './guarded-call.js';
import type { LanguageModel } from './language-model.js';
import { nearestNames } from './nearest-names.js';
import { listOfferedModels } from './offered-models.js';
import { DEFAULT_WAITS, type ProviderDependencies } from './provider-dependencies.js';

/** Usage may follow the finish reason; a server that never sends it must not hold up an answer that is whole. */
const USAGE_GRACE_MS = 5_000;
/** The end of the response right behind `[DONE]`: read, so that its connection serves the next call. */
const END_GRACE_MS = 250;
/** The SDK's own timer cannot be turned off; the guard's are shorter. */
const LONGEST_TIMER_MS = 2_147_483_647;
const MODEL_LIST_LIMITS: CallLimits = { totalMs: 3_000, firstByteMs: 3_000, idleMs: 3_000 };

/**
 * Chat Completions, the API of OpenAI that others copy: for `custom` servers, and for `openai`.
 *
 * The SDK makes the request and nothing else. Its retries and timers are off, it gets no key and none of its own
 * headers go out (it reads keys, organisations and headers from the environment), and the answer is read here, since
 * its iterator takes a truncated stream for a whole one.
 */
export class ChatCompletionsModel implements LanguageModel {
  readonly #dependencies: ProviderDependencies;

  constructor(dependencies: ProviderDependencies) {
    this.#dependencies = dependencies;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    signal.throwIfAborted();
    const endpoint = resolveEndpoint(request.provider, this.#dependencies.credentials);
    const plan = planChatCall(request);
    const context = errorContext(request, endpoint);
    const limits = callLimits(request, this.#dependencies);
    const call = this.#open(endpoint, context, { signal, limits, expects: 'event-stream' });
    try {
      const response = await ask(endpoint, call, plan);
      yield* this.#read(response, { call, plan, request, context, host: endpoint.baseUrl.host });
    } catch (error) {
      const reason = call.explain(error);
      throw reason instanceof ModelError && reason.code === 'model_not_found'
        ? await this.#nameNearest(reason, { endpoint, context, signal })
        : reason;
    } finally {
      call.close();
    }
  }

  #open(endpoint: Endpoint, context: ErrorContext, options: CallOptions): GuardedCall {
    return new GuardedCall({
      ...options,
      dispatcher: this.#dependencies.dispatcher,
      headers: requestHeaders(endpoint),
      classify: (answer) => classifyOpenAiAnswer(answer, context),
    });
  }

  async *#read(response: Response, reading: Reading): AsyncGenerator<ModelEvent, void, undefined> {
    const { call, plan, request } = reading;
    const answer = new ChatAnswer(plan.warnings);
    const cutter = new StopSequenceCutter(request.llmConfig.stopSequences ?? []);
    for await (const data of readEventData(response.body ?? [])) {
      if (answer.hasEnded) continue;
      if (data.trim() === '[DONE]') {
        answer.end();
        call.expectEnd(END_GRACE_MS);
        continue;
      }
      const chunk = readChatChunk(data);
      if (chunk.type === 'error') throw classifyStreamedError(chunk.details, reading.host, reading.context);
      answer.take(chunk);
      if (chunk.reasoning !== '') yield { type: 'reasoning', text: chunk.reasoning };
      const text = cutter.push(chunk.text);
      if (text !== '') yield { type: 'text', text };
      if (cutter.stopped) return yield finish(answer.finishAtStop(), call);
      if (answer.hasFinishReason) call.expectEnd(USAGE_GRACE_MS);
    }
    const rest = cutter.flush();
    if (rest !== '') yield { type: 'text', text: rest };
    yield finish(answer.finish(plan.toolNames, assistantTurns(request)), call);
  }

  /** A model's name is what people get wrong first, so the message says what the key does offer. */
  async #nameNearest(error: ModelError, failed: Failed): Promise<ModelError> {
    const { endpoint, context, signal } = failed;
    const call = this.#open(endpoint, context, { signal, limits: MODEL_LIST_LIMITS, expects: 'json' });
    const nearest = nearestNames(context.model, await listOfferedModels(call, apiUrl(endpoint, 'models')), 3);
    signal.throwIfAborted();
    return nearest.length === 0
      ? error
      : new ModelError(error.code, `${error.message} Nearest: ${nearest.join(', ')}.`, error.facts);
  }
}

type CallOptions = Pick<GuardedCallOptions, 'signal' | 'limits' | 'expects'>;

interface Reading {
  readonly call: GuardedCall;
  readonly plan: ChatPlan;
  readonly request: ModelRequest;
  readonly context: ErrorContext;
  readonly host: string;
}

interface Failed {
  readonly endpoint: Endpoint;
  readonly context: ErrorContext;
  readonly signal: AbortSignal;
}

function errorContext(request: ModelRequest, endpoint: Endpoint): ErrorContext {
  const { keySource, secrets } = endpoint;
  return { model: request.provider.model, keySource, secrets, prompts: request.messages.map(({ content }) => content) };
}

function callLimits(request: ModelRequest, { waits = DEFAULT_WAITS }: ProviderDependencies): CallLimits {
  const milliseconds = (option: string, otherwise: number): number => {
    const seconds = ownValue(request.provider.options, option);
    return typeof seconds === 'number' ? seconds * 1000 : otherwise;
  };
  return {
    totalMs: request.timeoutMs,
    firstByteMs: milliseconds('firstByteTimeoutSeconds', waits.firstByteMs),
    idleMs: milliseconds('idleTimeoutSeconds', waits.idleMs),
  };
}

function requestHeaders(endpoint: Endpoint): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'user-agent': 'circuit-breaker',
    ...(endpoint.key === undefined ? {} : { authorization: `Bearer ${endpoint.key}` }),
    ...endpoint.headers,
  };
}

async function ask(endpoint: Endpoint, call: GuardedCall, plan: ChatPlan): Promise<Response> {
  const client = new OpenAI({
    // It refuses to be made without a key; the guard sends the real one, where there is one.
    apiKey: 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: endpoint.baseUrl.href,
    fetch: call.fetch,
    maxRetries: 0,
    timeout: LONGEST_TIMER_MS,
    logLevel: 'off',
  });
  return await client.chat.completions.create(plan.body).asResponse();
}

function apiUrl(endpoint: Endpoint, path: string): URL {
  return new URL(path, endpoint.baseUrl.href.replace(/\/*$/, '/'));
}

/** Turns of the model so far: numbers what a server left without an id. */
function assistantTurns(request: ModelRequest): number {
  return request.messages.filter((message) => message.role === 'assistant').length;
}

function finish(answer: Omit<ModelFinish, 'providerRequestId'>, call: GuardedCall): ModelEvent {
  const { providerRequestId } = call;
  return { type: 'finish', finish: providerRequestId === undefined ? answer : { ...answer, providerRequestId } };
}
