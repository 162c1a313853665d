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
  #lastArrivesAt = 0;
  #underWay = 0;
  #onEmpty: (() => void) | undefined;

  constructor(slowness: () => Slowness) {
    super();
    this.#slowness = slowness;
  }

  override _transform(bytes: Buffer, _encoding: string, taken: TransformCallback): void {
    const { lagMs = 0, bytesPerSecond = Infinity } = this.#slowness();
    const sendingMs = (bytes.length / bytesPerSecond) * 1000;
    const now = performance.now();
    // A line that has become faster overtakes nothing.
    this.#lastArrivesAt = Math.max(this.#lastArrivesAt, now + lagMs + sendingMs);
    const inMs = this.#lastArrivesAt - now;
    if (inMs < 1) {
      taken(null, bytes);
      return;
    }
    this.#underWay += 1;
    setTimeout(() => {
      this.push(bytes);
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onEmpty?.();
    }, inMs);
    if (sendingMs < 1) taken();
    else setTimeout(taken, sendingMs);
  }

  override _flush(flushed: TransformCallback): void {
    if (this.#underWay === 0) flushed();
    else this.#onEmpty = flushed;
  }
}
