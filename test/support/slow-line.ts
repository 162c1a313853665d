import { Transform, type TransformCallback } from 'node:stream';

/** How slow a way is; both absent: as fast as it can be. */
export interface Slowness {
  /** How much later each byte arrives. */
  readonly lagMs?: number;
  /** How much gets through. */
  readonly bytesPerSecond?: number;
}

/** One direction of a connection: what goes through it comes out whole and in order, and as late as `slowness` says at that time. */
export class SlowLine extends Transform {
  readonly #slowness: () => Slowness;
  /** One waits, whichever has come first: timers of other lengths outrun each other, above all on a busy machine. */
  readonly #underWay: { readonly bytes: Buffer; readonly arrivesAt: number }[] = [];
  #onEmpty: (() => void) | undefined;

  constructor(slowness: () => Slowness) {
    super();
    this.#slowness = slowness;
  }

  override _transform(bytes: Buffer, _encoding: string, taken: TransformCallback): void {
    const { lagMs = 0, bytesPerSecond = Infinity } = this.#slowness();
    const sendingMs = (bytes.length / bytesPerSecond) * 1000;
    const isFirst = this.#underWay.length === 0;
    if (isFirst && lagMs + sendingMs < 1) {
      taken(null, bytes);
      return;
    }
    // A line that has become faster overtakes nothing.
    const last = this.#underWay.at(-1)?.arrivesAt ?? 0;
    this.#underWay.push({ bytes, arrivesAt: Math.max(last, performance.now() + lagMs + sendingMs) });
    if (isFirst) this.#awaitFirst();
    if (sendingMs < 1) taken();
    else setTimeout(taken, sendingMs);
  }

  override _flush(flushed: TransformCallback): void {
    if (this.#underWay.length === 0) flushed();
    else this.#onEmpty = flushed;
  }

  #awaitFirst(): void {
    const [first] = this.#underWay;
    if (first === undefined) return;
    setTimeout(
      () => {
        this.push(first.bytes);
        this.#underWay.shift();
        if (this.#underWay.length === 0) this.#onEmpty?.();
        else this.#awaitFirst();
      },
      Math.max(0, first.arrivesAt - performance.now()),
    );
  }
}
