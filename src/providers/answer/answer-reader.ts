import type { JsonObject } from '../../core/json/json.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';
import type { UsedKeys } from '../../core/executions/used-keys.js';
import type { ModelEvent, ModelFinish, ModelRequest } from '../../core/executions/turn.js';
import { classifyStreamedError, type ErrorContext } from '../failures/classify-answer.js';
import { errorIn } from '../failures/error-details.js';
import { quoteProvider } from '../failures/quote-provider.js';
import { StopSequenceCutter } from './cut-stop-sequences.js';
import type { Endpoint } from '../keys/endpoint.js';
import type { GuardedCall } from '../connection/guarded-call.js';
import { ModelAnswer } from './model-answer.js';
import { DONE, readFrame } from './read-frame.js';
import type { AnswerPiece, WireCall, WireFormat } from '../wire-format.js';

/** Usage may follow the reason to stop; a server that never sends it must not hold up an answer that is whole. */
const USAGE_GRACE_MS = 5_000;
/** The end of the response right behind the terminal event: read, so that its connection serves the next call. */
const END_GRACE_MS = 250;

interface Surroundings {
  readonly call: GuardedCall;
  readonly endpoint: Endpoint;
  readonly keys?: UsedKeys;
  readonly context: ErrorContext;
  readonly format: Pick<WireFormat, 'repeatsReasons'>;
}

const NO_EVENTS: readonly ModelEvent[] = [];

/**
 * Turns the frames of one answer into events: text up to a stop sequence, what is known besides, and the finish. The
 * same for all APIs: what is a sign of life, what is an error, and when an answer is whole.
 */
export class AnswerReader {
  readonly #request: ModelRequest;
  readonly #wire: WireCall;
  readonly #surroundings: Surroundings;
  readonly #answer: ModelAnswer;
  readonly #cutter: StopSequenceCutter;
  #isOver = false;
  /** What cannot be read came when only counts could follow: harmless if it is the last, as when a connection breaks. */
  #torn: ModelError | undefined;

  constructor(request: ModelRequest, wire: WireCall, surroundings: Surroundings) {
    this.#request = request;
    this.#wire = wire;
    this.#surroundings = surroundings;
    this.#answer = new ModelAnswer(wire.warnings, { repeatsReasons: surroundings.format.repeatsReasons === true });
    this.#cutter = new StopSequenceCutter(request.llmConfig.stopSequences ?? []);
  }

  /** The finish has been given; nothing else is read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What a frame brings. Throws ModelError for one that is an error or broken, unless the answer has ended before. */
  take(frame: string): readonly ModelEvent[] {
    if (this.#isOver) return NO_EVENTS;
    if (this.#answer.ending.closeness !== 'ended') return this.#takeFrame(frame);
    try {
      return this.#takeFrame(frame);
    } catch {
      return NO_EVENTS;
    }
  }

  /** What is left when the body has ended. Throws ModelError when the answer is not whole, or is none. */
  end(): readonly ModelEvent[] {
    const { call, endpoint, context } = this.#surroundings;
    if (this.#answer.isNothing && call.isJson) throw noAnswer(endpoint.baseUrl.host);
    const rest = this.#cutter.flush();
    this.#answer.warn(shortenedPrompt(this.#request, this.#answer.usage));
    const { stopSequences = [] } = this.#request.llmConfig;
    const finish = this.#finish(
      this.#answer.finish(this.#wire.toolNames, {
        turn: this.#request.messages.filter(({ role }) => role === 'assistant').length,
        mayBeEmpty: stopSequences.length > 0,
        quote: (words) => quoteProvider(words, context),
      }),
    );
    return rest === '' ? [finish] : [{ type: 'text', text: rest }, finish];
  }

  #takeFrame(frame: string): readonly ModelEvent[] {
    if (this.#torn !== undefined) throw this.#torn;
    const objects = this.#read(frame);
    if (objects === DONE) return this.#takePiece({ ended: true });
    const [first] = objects;
    if (first === undefined) return NO_EVENTS;
    return objects.length === 1 ? this.#takeObject(first) : objects.flatMap((object) => this.#takeObject(object));
  }

  #read(frame: string): ReturnType<typeof readFrame> {
    try {
      return readFrame(frame);
    } catch (error) {
      if (!(error instanceof ModelError) || this.#answer.ending.closeness !== 'stopped') throw error;
      this.#torn = error;
      return [];
    }
  }

  #takeObject(object: JsonObject): readonly ModelEvent[] {
    if (this.#isOver) return NO_EVENTS;
    const error = errorIn(object);
    return this.#takePiece(error === undefined ? this.#wire.read(object) : { error });
  }

  #takePiece(piece: AnswerPiece): readonly ModelEvent[] {
    const { endpoint, context } = this.#surroundings;
    if (piece.error !== undefined) throw classifyStreamedError(piece.error, endpoint.baseUrl.host, context);
    this.#answer.take(piece);
    const events: ModelEvent[] = [];
    if (piece.usage !== undefined) events.push({ type: 'usage', usage: this.#answer.usage ?? piece.usage });
    if (piece.reasoning !== undefined && piece.reasoning !== '')
      events.push({ type: 'reasoning', text: piece.reasoning });
    const text = piece.text === undefined ? '' : this.#cutter.push(piece.text);
    if (text !== '') events.push({ type: 'text', text });
    if (this.#cutter.stopped) return [...events, this.#finish(this.#answer.finishAtStop())];
    this.#expectRest();
    return events;
  }

  /** Says how long what may still follow is worth waiting for, and what a broken connection means now. */
  #expectRest(): void {
    const { call } = this.#surroundings;
    const { closeness, isBad } = this.#answer.ending;
    switch (closeness) {
      case 'open':
        call.expectRest(undefined);
        return;
      case 'announced':
        call.expectRest({ mayBreak: isBad });
        return;
      case 'stopped':
        call.expectRest({ graceMs: this.#answer.usage === undefined ? USAGE_GRACE_MS : END_GRACE_MS, mayBreak: true });
        return;
      case 'ended':
        call.expectRest({ graceMs: END_GRACE_MS, mayBreak: true });
    }
  }

  #finish(answer: Omit<ModelFinish, 'providerRequestId' | 'providerState' | keyof UsedKeys>): ModelEvent {
    this.#isOver = true;
    const { call, keys } = this.#surroundings;
    const { providerRequestId } = call;
    const providerState = answer.toolCalls.length === 0 ? undefined : this.#wire.state?.();
    const finish = {
      ...answer,
      ...keys,
      ...(providerRequestId === undefined ? {} : { providerRequestId }),
      ...(providerState === undefined ? {} : { providerState }),
    };
    return { type: 'finish', finish };
  }
}

/** Characters that one token has at most on average, in any text worth reading. */
const MOST_CHARACTERS_PER_TOKEN = 8;
/** Of a shorter prompt nothing can be said. */
const SHORTEST_PROMPT = 8192;

/** Servers with a small context (Ollama's is 4,096 tokens) cut a longer prompt without a word; its count of tokens tells. */
function shortenedPrompt({ messages }: ModelRequest, usage: TokenUsage | undefined): string | undefined {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  const tokens = usage?.inputTokens ?? 0;
  if (tokens === 0 || characters < SHORTEST_PROMPT || characters <= tokens * MOST_CHARACTERS_PER_TOKEN)
    return undefined;
  const read = `The provider read ${tokens} tokens of a prompt of ${characters} characters: it seems to have cut it to its context.`;
  return `${read} Give the model a larger one (the option contextTokens, for Ollama), or shorten the prompt.`;
}

function noAnswer(host: string): ModelError {
  const advice = "Check the base URL (it often ends in /v1), and whether the agent's provider type is right.";
  return new ModelError('invalid_request', `${host} answered with JSON that is no answer of this API. ${advice}`);
}
