import type { StreamEventBody, ThinkingStatus } from '../../core/streams/stream-event.js';
import { nextWellFormed, wellFormed } from '../../core/json/well-formed-text.js';
import { StreamFenced, StreamLost, type StreamLog, type StreamWriter } from '../stream-log.js';
import type { AnswerStream, AnswerStreamOptions } from './answer-stream.js';
import { Bell } from './bell.js';
import { OutgoingEvents } from './outgoing-events.js';

/**
 * Becomes the writer of an execution's stream, as far as its backend lets it. The model never waits for the backend:
 * while that is away, slow or full the text is collected, and it goes out when the backend takes it.
 */
export function openAnswerStream(log: StreamLog, executionId: string, options: AnswerStreamOptions): AnswerStream {
  return new GatheredAnswer(log, executionId, options);
}

/** Text of so many milliseconds goes out together; the first piece goes at once. */
const GATHER_MS = 20;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
const END_PATIENCE_MS = 1000;

class GatheredAnswer implements AnswerStream {
  readonly #log: StreamLog;
  readonly #executionId: string;
  readonly #options: AnswerStreamOptions;
  attempt = 1;
  text = '';
  chunks = 0;

  #held = '';
  #heldThought = '';
  readonly #outgoing = new OutgoingEvents();
  #writer: StreamWriter | undefined;
  /** What an append is tried with until it is known to be stored: only the same events may be repeated. */
  #batch: readonly StreamEventBody[] | undefined;
  #sentAt = -Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  #isDelayed = false;
  readonly #bell = new Bell();
  #state: 'open' | 'ending' | 'over' = 'open';
  readonly #writing: Promise<void>;
  #ended: Promise<void> | undefined;

  constructor(log: StreamLog, executionId: string, options: AnswerStreamOptions) {
    this.#log = log;
    this.#executionId = executionId;
    this.#options = options;
    this.#writing = this.#writeOut();
  }

  write(delta: string): void {
    const { text, held } = nextWellFormed(this.#held, delta);
    this.#held = held;
    this.#add(text);
  }

  think(status: ThinkingStatus, content = ''): void {
    const { text, held } = nextWellFormed(this.#heldThought, content);
    this.#heldThought = held;
    // Nothing but half a character: it comes with the next delta.
    if (text === '' && content !== '') return;
    this.#outgoing.addThought(status, text);
    this.#bell.ring();
  }

  end(): Promise<void> {
    return (this.#ended ??= this.#finish());
  }

  abandon(): void {
    this.#state = 'over';
    this.#bell.ring();
  }

  #add(text: string): void {
    if (text === '') return;
    this.text += text;
    this.chunks += 1;
    this.#outgoing.addText(text);
    this.#bell.ring();
  }

  async #finish(): Promise<void> {
    this.#add(wellFormed(this.#held));
    this.#held = '';
    if (this.#state === 'open') this.#state = 'ending';
    this.#bell.ring();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_PATIENCE_MS);
    });
    await Promise.race([this.#writing, patience]);
    clearTimeout(timer);
    this.#state = 'over';
    this.#bell.ring();
  }

  async #writeOut(): Promise<void> {
    while (!this.#isOver()) {
      try {
        this.#writer ??= await this.#open();
        if (!(await this.#appendNext(this.#writer))) return;
        this.#pauseMs = FIRST_PAUSE_MS;
        this.#isDelayed = false;
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async #open(): Promise<StreamWriter> {
    const writer = await this.#log.open(this.#executionId, this.#options.claim);
    this.attempt = writer.attempt;
    this.#isDelayed = false;
    return writer;
  }

  /** Appends the next batch as soon as it is due; false when there will be none. */
  async #appendNext(writer: StreamWriter): Promise<boolean> {
    if (this.#batch === undefined) {
      await this.#gather();
      if (this.#isOver() || this.#outgoing.isEmpty) return false;
      this.#batch = this.#outgoing.take();
    }
    this.#sentAt = performance.now();
    await writer.append(this.#batch);
    this.#batch = undefined;
    return true;
  }

  async #gather(): Promise<void> {
    const gatherMs = this.#options.gatherMs ?? this.#log.gatherMs ?? GATHER_MS;
    await this.#bell.until(() => this.#state !== 'open', this.#sentAt + gatherMs - performance.now());
    await this.#bell.until(() => this.#state !== 'open' || !this.#outgoing.isEmpty);
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#isOver()) return;
    if (error instanceof StreamFenced) {
      this.#state = 'over';
      this.#options.onFenced(error);
      return;
    }
    if (error instanceof StreamLost) this.#startAgain();
    if (!this.#isDelayed) this.#options.onDelay?.(error);
    this.#isDelayed = true;
    const before = this.#state;
    // The end is a reason to try at once: there is not much time left.
    await this.#bell.until(() => this.#state !== before, this.#pauseMs);
    this.#pauseMs = this.#state === before ? Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
  }

  /** The log has lost what it held of this attempt: its successor gets the whole text. */
  #startAgain(): void {
    this.#writer = undefined;
    this.#batch = undefined;
    this.#outgoing.restart(this.text);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }
}
