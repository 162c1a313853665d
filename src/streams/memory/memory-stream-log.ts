import { CircuitBreakerError } from '../../core/errors.js';
import type { StreamEventBody } from '../../core/streams/stream-event.js';
import { newOpening, placeEvents, SHUT_DOWN, type StoredEventBody } from '../entries/stream-entry.js';
import {
  StreamFenced,
  StreamLost,
  type StreamEnding,
  type StreamLog,
  type StreamPage,
  type StreamRange,
  type StreamWake,
  type StreamWriter,
  type WriterClaim,
} from '../stream-log.js';
import { judgeClaim, judgeRefusal, type StreamTail } from '../entries/stream-tail.js';
import { MemoryStreams } from './memory-streams.js';

type EntryHead = Omit<StreamTail, 'last'>;

/** A stream log within the process: for unit tests and `memory:`. Nothing of it survives the process. */
export class MemoryStreamLog implements StreamLog {
  readonly #streams: MemoryStreams;
  readonly #unwatches = new Set<() => void>();
  readonly #lost = new Set<string>();
  #isShutDown = false;

  constructor(streams: MemoryStreams = new MemoryStreams()) {
    this.#streams = streams;
  }

  async open(executionId: string, claim: WriterClaim): Promise<StreamWriter> {
    await this.#answer();
    const tail = this.#tail(executionId);
    const verdict = judgeClaim(tail, claim, this.#lost);
    switch (verdict.type) {
      case 'refused':
        throw new StreamFenced(executionId);
      case 'repeated':
        return this.#writer(executionId, verdict.tail);
      case 'granted':
        return this.#writer(executionId, this.#begin(executionId, tail, claim));
    }
  }

  async tell(executionId: string, turn: number, bodies: readonly StreamEventBody[]): Promise<boolean> {
    await this.#answer();
    const tail = this.#tail(executionId);
    if (tail === undefined || tail.isClosed || tail.turn !== turn) return false;
    const { last, epoch, opening, attempt } = tail;
    const head = { first: last + 1, epoch, opening, turn, attempt, isOpening: false, isClosed: false };
    this.#add(executionId, head, bodies);
    return true;
  }

  async close(executionId: string, { turn, attempt, body }: StreamEnding): Promise<number> {
    await this.#answer();
    const tail = this.#tail(executionId);
    if (tail?.isClosed === true) return tail.last;
    const { epoch, last } = tail ?? { epoch: 0, last: -1 };
    const head = { first: last + 1, epoch, opening: newOpening(), turn, attempt, isOpening: false, isClosed: true };
    return this.#add(executionId, head, [body]).last;
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    await this.#answer();
    return ranges.map((range) => this.#page(range));
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    this.#refuseWhenShutDown();
    const end = this.#streams.watch(executionId, onWake);
    this.#unwatches.add(end);
    return () => {
      this.#unwatches.delete(end);
      end();
    };
  }

  async remove(executionIds: readonly string[]): Promise<void> {
    await this.#answer();
    for (const executionId of executionIds) this.#streams.cut(executionId, 0);
  }

  shutdown(): Promise<void> {
    this.#isShutDown = true;
    for (const end of this.#unwatches) end();
    this.#unwatches.clear();
    return Promise.resolve();
  }

  #begin(executionId: string, tail: StreamTail | undefined, { epoch, turn, reason }: WriterClaim): StreamTail {
    const attempts = this.#streams.entries(executionId).filter((entry) => entry.turn === turn);
    const attempt = attempts.reduce((highest, entry) => Math.max(highest, entry.attempt), 0) + 1;
    const first = tail === undefined ? 0 : tail.last + 1;
    if (tail !== undefined) this.#lost.delete(tail.opening);
    const head = { first, epoch, opening: newOpening(), turn, attempt, isOpening: true, isClosed: false };
    return this.#add(executionId, head, [{ eventType: 'attempt_started', status: reason }]);
  }

  #writer(executionId: string, opening: StreamTail): StreamWriter {
    let previous = opening;
    return {
      attempt: opening.attempt,
      append: async (bodies) => {
        await this.#answer();
        if (bodies.length === 0) return;
        previous = this.#follow(executionId, previous, bodies);
      },
    };
  }

  /** Appends behind a writer's previous entry; returns what is there where it had been appended before. */
  #follow(executionId: string, previous: StreamTail, bodies: readonly StoredEventBody[]): StreamTail {
    const first = previous.last + 1;
    const { epoch, opening, turn, attempt } = previous;
    const tail = this.#tail(executionId);
    if (tail?.opening === opening && tail.last === previous.last && !tail.isClosed) {
      return this.#add(
        executionId,
        { first, epoch, opening, turn, attempt, isOpening: false, isClosed: false },
        bodies,
      );
    }
    const there = this.#streams
      .entries(executionId)
      .find((entry) => entry.first === first && entry.opening === opening);
    if (there?.content === JSON.stringify(bodies)) return there;
    if (judgeRefusal(tail, { first, epoch, opening }) === 'fenced') throw new StreamFenced(executionId);
    this.#lost.add(opening);
    throw new StreamLost(executionId);
  }

  #add(executionId: string, head: EntryHead, bodies: readonly StoredEventBody[]): StreamTail {
    const { first, opening, turn, attempt } = head;
    const timestamp = new Date().toISOString();
    const events = placeEvents({ executionId, first, turn, attempt, timestamp }, bodies);
    const content = JSON.stringify(bodies);
    const stored = { ...head, last: first + bodies.length - 1, content, entry: { first, opening, events } };
    this.#streams.add(executionId, stored);
    return stored;
  }

  #page({ executionId, from, limit }: StreamRange): StreamPage {
    const tail = this.#tail(executionId);
    if (tail === undefined) return { executionId, state: 'absent', next: 0, entries: [] };
    const entries = this.#streams.entries(executionId).filter(({ last }) => last >= from);
    return {
      executionId,
      state: tail.isClosed ? 'closed' : 'open',
      next: tail.last + 1,
      entries: entries.slice(0, limit).map(({ entry }) => entry),
    };
  }

  #tail(executionId: string): StreamTail | undefined {
    return this.#streams.entries(executionId).at(-1);
  }

  /** No call answers before the caller's next turn: code that works here by accident would fail over a network. */
  async #answer(): Promise<void> {
    this.#refuseWhenShutDown();
    await Promise.resolve();
  }

  #refuseWhenShutDown(): void {
    if (this.#isShutDown) throw new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN);
  }
}
