import { setTimeout as delay } from 'node:timers/promises';

import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { execution, settledToken } from '../api-client.js';
import type { HeldProse } from '../held-prose.js';
import { write, type Installation, type Surroundings, type WritingIds } from '../installation.js';
import type { SpawnedProcess } from '../spawned-process.js';
import { sha256, streamFaults, StreamViewer } from '../stream-viewer.js';
import { untilOver } from '../under-way.js';

const LOOK_EVERY_MS = 2;
const AGAIN_MS = 100;
/** The code with which a socket is closed when there is no more to come. */
const STREAM_OVER = 1000;

export interface TrialPlace {
  readonly name: string;
  readonly here: Installation;
  readonly surroundings: Surroundings;
  /** From 0 to below 1. */
  readonly random: () => number;
}

interface AnswerStart {
  readonly topic: string;
  /** The model says nothing more after so many chunks, until it is told to. */
  readonly heldAfter: number;
}

/** An answer of a model that somebody watches, and that stops for as long as a trial wants. */
export class WatchedAnswer {
  readonly viewer = new StreamViewer();
  readonly #here: Installation;
  readonly #prose: HeldProse;
  readonly #heldAfter: number;
  readonly #goOn: () => void;
  #isOver = false;

  private constructor(
    { here, surroundings }: TrialPlace,
    readonly ids: WritingIds,
    { topic, heldAfter, goOn }: AnswerStart & { readonly goOn: () => void },
  ) {
    [this.#here, this.#prose, this.#heldAfter] = [here, surroundings.prose, heldAfter];
    [this.topic, this.#goOn] = [topic, goOn];
    void this.#watch();
  }

  readonly topic: string;

  /** No topic may be part of another. */
  static async begin(place: TrialPlace, { topic, heldAfter }: AnswerStart): Promise<WatchedAnswer> {
    const goOn = place.surroundings.prose.hold(topic, heldAfter);
    return new WatchedAnswer(place, await write(place.here.address, topic), { topic, heldAfter, goOn });
  }

  /** Resolves with the worker that writes it, once the viewer has all that the model says until it is told to go on. */
  async isHeld(): Promise<SpawnedProcess> {
    const caller = await this.#here.callerOf(this.ids);
    while (this.viewer.chunks === 0 || this.viewer.text.length < this.#heldLength) await delay(LOOK_EVERY_MS);
    return caller;
  }

  goOn(): void {
    this.#goOn();
  }

  /** The next time that the model is asked for it, it stops after so many chunks, until the function that is given is called. */
  hold(chunks: number): () => void {
    return this.#prose.hold(this.topic, chunks);
  }

  get asked(): number {
    return this.#prose.told(this.topic).asked;
  }

  /** When the model was asked for it, each time. */
  get askedAt(): readonly number[] {
    return this.#prose.tellings(this.topic).map(({ askedAt }) => askedAt);
  }

  /** Resolves when the viewer has been told that it is over. */
  async isOver(): Promise<void> {
    await untilOver({
      isOver: () => this.#isOver,
      progress: () => this.viewer.events.length,
      found: () => `${this.topic}: ${JSON.stringify(this.viewer.events.slice(-3))}`,
    });
  }

  /** What was not as it must be, whatever died on the way, and how its attempts went. */
  async judged(): Promise<{ readonly wrong: readonly string[]; readonly outcomes: readonly string[] }> {
    const { viewer, topic } = this;
    const token = await settledToken(this.#here.address, this.ids.tokenId);
    const { status, finalResponse, attempts } = await execution(this.#here.address, this.ids.executionId);
    const outcomes = attempts.map(({ outcome }) => outcome);
    const wrong: string[] = [...streamFaults(sinceItBegan(viewer.events))];
    if (status !== 'COMPLETED' || token.place !== 'written') wrong.push(`it is ${status}, its token ${token.place}`);
    if (viewer.text !== finalResponse) wrong.push(`shown ${quoted(viewer.text)}, stored ${quoted(finalResponse)}`);
    if (token.data['text'] !== finalResponse) wrong.push(`in its token ${quoted(token.data['text'])}`);
    if (!this.#prose.tellings(topic).some(({ pieces }) => pieces.join('') === finalResponse))
      wrong.push(`none of its tellings: ${quoted(finalResponse)}`);
    if (viewer.last?.eventType !== 'completed' || viewer.last.sha256 !== sha256(viewer.text))
      wrong.push(`it ends with ${JSON.stringify(viewer.last)}`);
    return { wrong: wrong.map((what) => `${topic} ${outcomes.join()}: ${what}`), outcomes };
  }

  /** As viewers do whose server has sent them away: they come again. */
  async #watch(): Promise<void> {
    while ((await this.viewer.watch(this.#here.address, this.ids.executionId)) !== STREAM_OVER) await delay(AGAIN_MS);
    this.#isOver = true;
  }

  get #heldLength(): number {
    const [first] = this.#prose.tellings(this.topic);
    return first === undefined ? Infinity : first.pieces.slice(0, this.#heldAfter).join('').length;
  }
}

/** A stream whose server has lost the end of it begins anew, by the first event of its attempt: that voids what was told before. */
function sinceItBegan(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const first = events.findLastIndex(({ sequence, eventType }) => sequence === 0 && eventType === 'attempt_started');
  return events.slice(Math.max(first, 0));
}

function quoted(text: unknown): string {
  const json = text === undefined ? 'nothing' : JSON.stringify(text);
  return json.length > 90 ? `${json.slice(0, 50)} … ${json.slice(-30)}` : json;
}
