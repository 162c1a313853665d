import type { KeyMarkKind } from '../../storage/provider-key-store.js';
import type { EndpointState } from './choose-endpoint.js';

/** That an endpoint rests, by the clock of this process, in milliseconds. */
export interface Mark {
  readonly kind: KeyMarkKind;
  /** Empty: whatever the model. */
  readonly model: string;
  readonly madeMs: number;
  readonly untilMs: number;
}

interface OwnMark extends Mark {
  /** Until what is read of storage has it, too; where storage does not take it, as long as it says. */
  readonly keptUntilMs: number;
}

const MOST_OWN = 50;

/** What this process knows of one endpoint: what it saw itself, and what storage said last. */
export class KnownEndpoint {
  underWay = 0;
  lastChosen = 0;
  doubtedUntilMs = 0;
  /** When storage was asked last. */
  readMs = Number.NEGATIVE_INFINITY;
  reading: Promise<void> | undefined;
  #limitedAt = new Map<string, number>();
  #own: readonly OwnMark[] = [];
  #shared: readonly Mark[] = [];

  /** Returns what is to be called once storage has it: from then on storage is believed, also where others take it back. */
  add(mark: Mark): (keptUntilMs: number) => void {
    const own = { ...mark, keptUntilMs: Number.POSITIVE_INFINITY };
    const others = this.#own.filter(({ kind, model }) => kind !== mark.kind || model !== mark.model);
    this.#own = [...others.slice(1 - MOST_OWN), own];
    this.#noteLimit(mark);
    return (keptUntilMs) => {
      this.#own = this.#own.map((one) => (one === own ? { ...own, keptUntilMs } : one));
    };
  }

  take(shared: readonly Mark[], nowMs: number): void {
    this.#shared = shared;
    this.#own = this.#own.filter(({ untilMs, keptUntilMs }) => untilMs > nowMs && keptUntilMs > nowMs);
    for (const mark of shared) this.#noteLimit(mark);
  }

  /** It has worked. */
  clearRefusals(): void {
    this.doubtedUntilMs = 0;
    this.#own = this.#own.filter(({ kind }) => kind === 'limited');
    this.#shared = this.#shared.filter(({ kind }) => kind === 'limited');
  }

  marks(nowMs: number): readonly Mark[] {
    return [...this.#own, ...this.#shared].filter(({ untilMs }) => untilMs > nowMs);
  }

  stateFor(model: string, nowMs: number): EndpointState {
    const marks = this.marks(nowMs).filter((mark) => mark.model === '' || mark.model === model);
    const limits = marks.filter(({ kind }) => kind === 'limited');
    const refusals = marks.filter(({ kind }) => kind !== 'limited');
    return {
      underWay: this.underWay,
      lastChosen: this.lastChosen,
      limitedAtMs: this.#limitedAt.get(model) ?? 0,
      limitedUntilMs: Math.max(0, ...limits.map(({ untilMs }) => untilMs)),
      refusedAtMs: Math.max(0, ...refusals.map(({ madeMs }) => madeMs)),
      refusedUntilMs: Math.max(0, ...refusals.map(({ untilMs }) => untilMs)),
      doubtedUntilMs: this.doubtedUntilMs,
    };
  }

  #noteLimit({ kind, model, madeMs }: Mark): void {
    if (kind !== 'limited') return;
    this.#limitedAt.delete(model);
    this.#limitedAt.set(model, madeMs);
    const [oldest] = this.#limitedAt.keys();
    if (this.#limitedAt.size > MOST_OWN && oldest !== undefined) this.#limitedAt.delete(oldest);
  }
}
