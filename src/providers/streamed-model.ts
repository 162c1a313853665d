import { ownValue } from '../core/json.js';
import { ModelError } from '../core/model-error.js';
import type { ModelEvent, ModelFinish, ModelRequest } from '../core/turn.js';
import { classifyAnswer, classifyStreamedError, type ErrorContext } from './classify-answer.js';
import { StopSequenceCutter } from './cut-stop-sequences.js';
import { resolveEndpoint, type Endpoint } from './endpoint.js';
import { readEventData } from './event-stream.js';
import { GuardedCall, type CallLimits, type GuardedCallOptions } from './guarded-call.js';
import { readJsonLines } from './json-lines.js';
import type { LanguageModel } from './language-model.js';
import { ModelAnswer } from './model-answer.js';
import { nearestNames } from './nearest-names.js';
import { listOfferedModels } from './offered-models.js';
import { DEFAULT_WAITS, type ProviderDependencies } from './provider-dependencies.js';
import type { WireCall, WireFormat } from './wire-format.js';

/** Usage may follow the reason to stop; a server that never sends it must not hold up an answer that is whole. */
const USAGE_GRACE_MS = 5_000;
/** The end of the response right behind the terminal event: read, so that its connection serves the next call. */
const END_GRACE_MS = 250;

/**
 * A model behind an API that streams, whatever its format.
 *
 * The provider's SDK makes the request and nothing else: its retries are off, it gets no key and none of its own
 * headers go out (SDKs read keys, accounts and headers from the environment), and the answer is read here, since their
 * iterators take a truncated stream for a whole one, drop frames that they cannot read, and leave connections open.
 */
export class StreamedModel implements LanguageModel {
  readonly #formatOf: (request: ModelRequest) => WireFormat;
  readonly #dependencies: ProviderDependencies;

  constructor(formatOf: (request: ModelRequest) => WireFormat, dependencies: ProviderDependencies) {
    this.#formatOf = formatOf;
    this.#dependencies = dependencies;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    signal.throwIfAborted();
    const { credentials, dispatcher } = this.#dependencies;
    const endpoint = resolveEndpoint(request.provider, credentials);
    const format = this.#formatOf(request);
    const wire = format.call(request);
    const context = errorContext(request, endpoint);
    const limits = callLimits(request, this.#dependencies);
    const open = (options: Pick<GuardedCallOptions, 'limits' | 'expects'>) =>
      new GuardedCall({
        ...options,
        signal,
        dispatcher,
        headers: requestHeaders(format, request, endpoint),
        secrets: endpoint.secrets,
        classify: (answer) => classifyAnswer(answer, context),
      });
    const call = open({ limits, expects: format.framing });
    try {
      const response = await call.answerTo((fetch) => wire.send(endpoint.baseUrl, fetch));
      yield* read(response, { call, wire, request, context, framing: format.framing, host: endpoint.baseUrl.host });
    } catch (error) {
      const reason = call.explain(error);
      if (!(reason instanceof ModelError) || reason.code !== 'model_not_found') throw reason;
      const list = open({ limits: MODEL_LIST_LIMITS, expects: 'json' });
      const offered = await listOfferedModels(list, format, format.modelsUrl(request.provider, endpoint.baseUrl));
      signal.throwIfAborted();
      throw withNearest(reason, context.model, offered);
    } finally {
      call.close();
    }
  }
}

const MODEL_LIST_LIMITS: CallLimits = { totalMs: 3_000, firstByteMs: 3_000, idleMs: 3_000 };

interface Reading {
  readonly call: GuardedCall;
  readonly wire: WireCall;
  readonly request: ModelRequest;
  readonly context: ErrorContext;
  readonly framing: WireFormat['framing'];
  readonly host: string;
}

async function* read(response: Response, reading: Reading): AsyncGenerator<ModelEvent, void, undefined> {
  const { call, wire, request } = reading;
  const answer = new ModelAnswer(wire.warnings);
  const stopSequences = request.llmConfig.stopSequences ?? [];
  const cutter = new StopSequenceCutter(stopSequences);
  const frames = reading.framing === 'event-stream' ? readEventData : readJsonLines;
  let isOver = false;
  for await (const frame of frames(response.body ?? [])) {
    if (isOver) continue;
    const piece = wire.read(frame);
    if (piece.error !== undefined) throw classifyStreamedError(piece.error, reading.host, reading.context);
    answer.take(piece);
    if (piece.usage !== undefined) yield { type: 'usage', usage: piece.usage };
    if (piece.reasoning !== undefined && piece.reasoning !== '') yield { type: 'reasoning', text: piece.reasoning };
    const text = piece.text === undefined ? '' : cutter.push(piece.text);
    if (text !== '') yield { type: 'text', text };
    if (cutter.stopped) return yield finish(answer.finishAtStop(), call);
    isOver = answer.hasEnded;
    if (isOver) call.expectEnd(END_GRACE_MS);
    else if (answer.hasStopped) call.expectEnd(USAGE_GRACE_MS);
  }
  const rest = cutter.flush();
  if (rest !== '') yield { type: 'text', text: rest };
  const expected = { turn: assistantTurns(request), mayBeEmpty: stopSequences.length > 0 };
  yield finish(answer.finish(wire.toolNames, expected), call);
}

/** A model's name is what people get wrong first, so the message says what the key does offer. */
function withNearest(error: ModelError, model: string, offered: readonly string[]): ModelError {
  const nearest = nearestNames(model, offered, 3);
  if (nearest.length === 0) return error;
  return new ModelError(error.code, `${error.message} Nearest: ${nearest.join(', ')}.`, error.facts);
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

/** Turns of the model so far: numbers what a server left without an id. */
function assistantTurns(request: ModelRequest): number {
  return request.messages.filter((message) => message.role === 'assistant').length;
}

function finish(answer: Omit<ModelFinish, 'providerRequestId'>, call: GuardedCall): ModelEvent {
  const { providerRequestId } = call;
  return { type: 'finish', finish: providerRequestId === undefined ? answer : { ...answer, providerRequestId } };
}
