import { CircuitBreakerError } from '../../src/core/errors.js';
import type { StreamEventBody } from '../../src/core/streams/stream-event.js';
import type {
  StreamEnding,
  StreamLog,
  StreamPage,
  StreamRange,
  StreamWake,
  StreamWriter,
  WriterClaim,
} from '../../src/streams/stream-log.js';

/** A stream log whose backend can be away, slow, or lose answers to appends that it has carried out. */
export class FaultyLog implements StreamLog {
  readonly #log: StreamLog;
  isAway: boolean;
  losesAnswers: number;
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #appendMs: number;

  constructor(
    log: StreamLog,
    { isAway = false, losesAnswers = 0, appendMs = 0 }: { isAway?: boolean; losesAnswers?: number; appendMs?: number },
  ) {
    this.#log = log;
    this.isAway = isAway;
    this.losesAnswers = losesAnswers;
    this.#appendMs = appendMs;
  }

  async open(executionId: string, claim: WriterClaim): Promise<StreamWriter> {
    this.#refuseWhenAway();
    const writer = await this.#log.open(executionId, claim);
    // The same opening once more: what this one appends, the other does not know of.
    const twin = await this.#log.open(executionId, claim);
    return { attempt: writer.attempt, append: (events) => this.#append(writer, twin, events) };
  }

  async tell(executionId: string, turn: number, events: readonly StreamEventBody[]): Promise<boolean> {
    this.#refuseWhenAway();
    return await this.#log.tell(executionId, turn, events);
  }

  async close(executionId: string, ending: StreamEnding): Promise<number> {
    this.#refuseWhenAway();
    return await this.#log.close(executionId, ending);
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    this.#refuseWhenAway();
    return await this.#log.read(ranges);
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    return this.#log.watch(executionId, onWake);
  }

  remove(executionIds: readonly string[]): Promise<void> {
    return this.#log.remove(executionIds);
  }

  shutdown(): Promise<void> {
    return this.#log.shutdown();
  }

  async #append(writer: StreamWriter, twin: StreamWriter, events: readonly StreamEventBody[]): Promise<void> {
    this.#refuseWhenAway();
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    if (this.#appendMs === Infinity) await new Promise(() => undefined);
    if (this.#appendMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#appendMs));
    this.#atOnce -= 1;
    if (this.losesAnswers === 0) {
      await writer.append(events);
      return;
    }
    this.losesAnswers -= 1;
    await twin.append(events);
    throw away();
  }

  #refuseWhenAway(): void {
    if (this.isAway) throw away();
  }
}

function away(): CircuitBreakerError {
  return new CircuitBreakerError('UNAVAILABLE', 'The backend is away.');
}
