import type { ModelEvent, ModelFinish, ModelRequest } from '../../core/executions/turn.js';
import { classifyStreamedError, type ErrorContext } from '../failures/classify-answer.js';
import { StopSequenceCutter } from './cut-stop-sequences.js';
import type { Endpoint } from '../keys/endpoint.js';
import type { GuardedCall } from '../connection/guarded-call.js';
import { ModelAnswer } from './model-answer.js';
import type { WireCall } from '../wire-format.js';

/** Usage may follow the reason to stop; a server that never sends it must not hold up an answer that is whole. */
const USAGE_GRACE_MS = 5_000;
/** The end of the response right behind the terminal event: read, so that its connection serves the next call. */
const END_GRACE_MS = 250;

interface Surroundings {
  readonly call: GuardedCall;
  readonly endpoint: Endpoint;
  readonly context: ErrorContext;
}

/** Turns the frames of one answer into events: text up to a stop sequence, what is known besides, and the finish. */
export class AnswerReader {
  readonly #request: ModelRequest;
  readonly #wire: WireCall;
  readonly #surroundings: Surroundings;
  readonly #answer: ModelAnswer;
  readonly #cutter: StopSequenceCutter;
  #isAtEnd = false;
  #isOver = false;

  constructor(request: ModelRequest, wire: WireCall, surroundings: Surroundings) {
    this.#request = request;
    this.#wire = wire;
    this.#surroundings = surroundings;
    this.#answer = new ModelAnswer(wire.warnings);
    this.#cutter = new StopSequenceCutter(request.llmConfig.stopSequences ?? []);
  }

  /** The finish has been given; nothing else is read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What a frame brings. Throws ModelError for one that is an error, or none. */
  take(frame: string): readonly ModelEvent[] {
    if (this.#isAtEnd || this.#isOver) return [];
    const { call, endpoint, context } = this.#surroundings;
    const piece = this.#wire.read(frame);
    if (piece.error !== undefined) throw classifyStreamedError(piece.error, endpoint.baseUrl.host, context);
    this.#answer.take(piece);
    const events: ModelEvent[] = [];
    if (piece.usage !== undefined) events.push({ type: 'usage', usage: piece.usage });
    if (piece.reasoning !== undefined && piece.reasoning !== '')
      events.push({ type: 'reasoning', text: piece.reasoning });
    const text = piece.text === undefined ? '' : this.#cutter.push(piece.text);
    if (text !== '') events.push({ type: 'text', text });
    if (this.#cutter.stopped) return [...events, this.#finish(this.#answer.finishAtStop())];
    this.#isAtEnd = this.#answer.hasEnded;
    if (this.#isAtEnd) call.expectEnd(END_GRACE_MS);
    else if (this.#answer.hasStopped) call.expectEnd(this.#answer.hasUsage ? END_GRACE_MS : USAGE_GRACE_MS);
    return events;
  }

  /** What is left when the body has ended. Throws ModelError when the answer is not whole, or is none. */
  end(): readonly ModelEvent[] {
    const rest = this.#cutter.flush();
    const { stopSequences = [] } = this.#request.llmConfig;
    const turn = this.#request.messages.filter(({ role }) => role === 'assistant').length;
    const expected = { turn, mayBeEmpty: stopSequences.length > 0 };
    const finish = this.#finish(this.#answer.finish(this.#wire.toolNames, expected));
    return rest === '' ? [finish] : [{ type: 'text', text: rest }, finish];
  }

  #finish(answer: Omit<ModelFinish, 'providerRequestId'>): ModelEvent {
    this.#isOver = true;
    const { providerRequestId } = this.#surroundings.call;
    return { type: 'finish', finish: providerRequestId === undefined ? answer : { ...answer, providerRequestId } };
  }
}
