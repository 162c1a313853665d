import type { StreamEventBody } from '../../src/core/streams/stream-event.js';
import type { MemoryStreamLog } from '../../src/streams/memory/memory-stream-log.js';
import type { StreamWriter } from '../../src/streams/stream-log.js';
import { sha256 } from './stream-viewer.js';

let count = 0;

/** The stream of an execution that a test writes, attempt by attempt. */
export class WrittenStream {
  readonly id = `e${(count += 1)}:review:1`;
  readonly #log: MemoryStreamLog;
  #epoch = 0;

  constructor(log: MemoryStreamLog) {
    this.#log = log;
  }

  /** Begins the next attempt at a turn. */
  async begin(turn = 1): Promise<StreamWriter> {
    this.#epoch += 1;
    const reason = this.#epoch === 1 ? 'first' : 'worker_lost';
    return await this.#log.open(this.id, { epoch: this.#epoch, turn, reason });
  }

  async tell(events: readonly StreamEventBody[]): Promise<void> {
    await this.#log.tell(this.id, 1, events);
  }

  async complete(text: string, { turn = 1, attempt = 1 } = {}): Promise<void> {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    const length = Buffer.byteLength(text);
    const body = { eventType: 'completed', final_response: text, usage, length, sha256: sha256(text) } as const;
    await this.#log.close(this.id, { turn, attempt, body });
  }

  async fail(status: 'failed' | 'cancelled'): Promise<void> {
    const body = { eventType: 'failed', error: 'no more', errorCode: 'turn_limit', status } as const;
    await this.#log.close(this.id, { turn: 1, attempt: 1, body });
  }
}

export const chunks = (...contents: string[]): StreamEventBody[] =>
  contents.map((content) => ({ eventType: 'content_chunk', content }));
