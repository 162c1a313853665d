import type { LlmProvider } from '../core/agents/agent.js';
import { ownValue } from '../core/json/json.js';
import { ModelError } from '../core/executions/model-error.js';
import { reservedUsage } from '../core/executions/reserved-usage.js';
import type { UsedKeys } from '../core/executions/used-keys.js';
import { showsSecret } from '../core/secrets.js';
import type { ModelEvent, ModelRequest } from '../core/executions/turn.js';
import { AnswerReader } from './answer/answer-reader.js';
import { classifyAnswer, type ErrorContext } from './failures/classify-answer.js';
import type { CallNeed } from './failures/remaining-limits.js';
import type { Endpoint } from './keys/endpoint.js';
import { KeyedCalls, type KeyedCall, type KeyFailure, type PassedEndpoint } from './keys/keyed-calls.js';
import { readEventData } from './connection/event-stream.js';
import { GuardedCall, type CallLimits } from './connection/guarded-call.js';
import { readJsonLines } from './connection/json-lines.js';
import type { LanguageModel } from './language-model.js';
import { OutgoingBody } from './request/outgoing-body.js';
import { secondTry, type SecondTry } from './request/second-try.js';
import { nearestNames } from '../core/json/nearest-names.js';
import { listOfferedModels } from './directory/offered-models.js';
import { DEFAULT_WAITS, type ProviderDependencies } from './provider-dependencies.js';
import { withPromptCaching } from './with-prompt-caching.js';
import type { WireCall, WireFormat } from './wire-format.js';

/**
 * A model behind an API that streams, whatever its format.
 *
 * The provider's SDK makes the request and nothing else: its retries are off, it gets no key and none of its own
 * headers go out (SDKs read keys, accounts and headers from the environment), and the answer is read here, since their
 * iterators take a truncated stream for a whole one, drop frames that they cannot read, and leave connections open.
 */
export class StreamedModel implements LanguageModel {
  readonly #formatOf: FormatOf;
  readonly #dependencies: ProviderDependencies;
  readonly #keys: KeyedCalls;

  constructor(formatOf: FormatOf, dependencies: ProviderDependencies) {
    this.#formatOf = formatOf;
    this.#dependencies = dependencies;
    this.#keys = new KeyedCalls(dependencies);
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    return this.#attempt({ request, warnings: [], passed: [], mayChange: true }, signal);
  }

  async *#attempt(asked: Asked, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    signal.throwIfAborted();
    const { request, warnings } = asked;
    const startedMs = performance.now();
    const keyed = await this.#keys.take(request.provider, asked.passed);
    const opened = this.#opened(request, signal, keyed);
    const { call, wire, format, endpoint, body } = opened;
    const reader = new AnswerReader(request, { ...wire, warnings: [...wire.warnings, ...warnings] }, opened);
    const frames = format.framing === 'event-stream' ? readEventData : readJsonLines;
    let other: Asked | undefined;
    let hasSpoken = false;
    try {
      const response = await call.answerTo((fetch) => wire.send(endpoint.baseUrl, body.over(fetch)));
      // One loop, and no generator within another: each would cost every word of the answer a round of promises.
      for await (const batch of frames(response.body ?? [], call.contentType)) {
        for (const frame of batch)
          for (const event of reader.take(frame)) {
            hasSpoken = true;
            yield event;
          }
        if (reader.isOver) {
          keyed.worked();
          return;
        }
      }
      for (const event of reader.end()) yield event;
      keyed.worked();
    } catch (error) {
      const reason = call.explain(error);
      const failure = await keyed.failed(reason);
      if (!hasSpoken) other = otherWay(asked, reason, failure);
      if (other === undefined) throw await this.#explained(failure.reason, opened);
    } finally {
      call.close();
      keyed.leave();
    }
    if (other === undefined) return;
    const timeoutMs = Math.max(1, request.timeoutMs - (performance.now() - startedMs));
    yield* this.#attempt({ ...other, request: { ...other.request, timeoutMs } }, signal);
  }

  /** A call that cannot be made at all is not under way. */
  #opened(request: ModelRequest, signal: AbortSignal, keyed: KeyedCall): OpenedCall {
    try {
      return this.#open(request, signal, keyed);
    } catch (error) {
      keyed.leave();
      throw error;
    }
  }

  #open(request: ModelRequest, signal: AbortSignal, keyed: KeyedCall): OpenedCall {
    const { dispatcher, exchange } = this.#dependencies;
    const { endpoint } = keyed;
    const format = this.#formatOf(request, endpoint.baseUrl);
    const wire = format.call(withPromptCaching(request, endpoint.baseUrl));
    const body = new OutgoingBody(request.provider);
    const context = errorContext(request, endpoint, body);
    const open = (limits: CallLimits) =>
      new GuardedCall({
        limits,
        signal,
        dispatcher,
        ...(exchange === undefined ? {} : { exchange }),
        headers: requestHeaders(format, request, endpoint),
        secrets: endpoint.secrets,
        classify: (answer) => classifyAnswer(answer, context),
        onHead: (head) => {
          keyed.heed(head, needOf(request));
        },
      });
    const call = open(callLimits(request, this.#dependencies));
    return {
      call,
      wire,
      format,
      endpoint,
      keys: keyed.keys,
      body,
      context,
      openList: () => open(MODEL_LIST_LIMITS),
      signal,
      provider: request.provider,
    };
  }

  /** A model's name is what people get wrong first, so the message says what the key does offer. */
  async #explained(reason: Error, opened: OpenedCall): Promise<Error> {
    if (!(reason instanceof ModelError) || reason.code !== 'model_not_found') return reason;
    const { format, endpoint, provider, signal } = opened;
    const offered = await listOfferedModels(opened.openList(), format, format.modelsUrl(provider, endpoint.baseUrl));
    signal.throwIfAborted();
    const nearest = nearestNames(provider.model, offered, { most: 3 }).filter(
      (name) => !showsSecret(name, endpoint.secrets),
    );
    if (nearest.length === 0) return reason;
    return new ModelError(reason.code, `${reason.message} Nearest: ${nearest.join(', ')}.`, reason.facts);
  }
}

type FormatOf = (request: ModelRequest, baseUrl: URL) => WireFormat;

/** What is tried, and what was before it. */
interface Asked extends SecondTry {
  readonly passed: readonly PassedEndpoint[];
  /** Whether what its server refuses may still be said in another way. */
  readonly mayChange: boolean;
}

/** What to try instead when the provider refuses the call before a word of it has come. */
function otherWay(asked: Asked, reason: Error, { passed }: KeyFailure): Asked | undefined {
  const changed = asked.mayChange ? secondTry(asked.request, refusedIn(reason)) : undefined;
  if (changed !== undefined) return { ...asked, ...changed, mayChange: false };
  return passed === undefined ? undefined : { ...asked, passed: [...asked.passed, passed] };
}

/** An answer without a limit may be short: nobody counts it before it is written. */
function needOf(request: ModelRequest): CallNeed {
  return { inputTokens: reservedUsage(request).inputTokens, outputTokens: request.llmConfig.maxTokens ?? 0 };
}

interface OpenedCall {
  readonly keys: UsedKeys;
  readonly call: GuardedCall;
  readonly wire: WireCall;
  readonly format: WireFormat;
  readonly endpoint: Endpoint;
  readonly body: OutgoingBody;
  readonly context: ErrorContext;
  readonly provider: LlmProvider;
  readonly signal: AbortSignal;
  /** The call that asks for the models, once this one has failed. */
  readonly openList: () => GuardedCall;
}

/** Of what only helps a message. */
const MODEL_LIST_LIMITS: CallLimits = { totalMs: 3_000, firstByteMs: 3_000, idleMs: 3_000 };

function errorContext(request: ModelRequest, { keySource, secrets }: Endpoint, body: OutgoingBody): ErrorContext {
  const prompts = request.messages.map(({ content }) => content);
  return { model: request.provider.model, keySource, secrets, prompts, sent: () => body.sent };
}

function refusedIn(reason: Error): readonly string[] {
  return reason instanceof ModelError ? (reason.facts.refusedFields ?? []) : [];
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

function requestHeaders(
  format: WireFormat,
  { provider }: ModelRequest,
  endpoint: Endpoint,
): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'user-agent': 'circuit-breaker',
    ...format.headers(provider, endpoint.key),
    ...endpoint.headers,
  };
}
