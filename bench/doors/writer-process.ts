import { setTimeout as delay } from 'node:timers/promises';

import { openStreamLog } from '../../src/streams/open-stream-log.js';
import type { StreamWriter } from '../../src/streams/stream-log.js';
import { clock, PRELUDE, type WriterOrder } from './orders.js';
import { usage } from './usage.js';
import { serveOrders } from './orders-channel.js';

let texts: Text[] = [];

/** As workers do, where the log says nothing else. */
const GATHER_MS = 20;

/** Chunks of one execution, gathered as workers gather them. They carry the time at which they were appended. */
class Text {
  readonly #writer: StreamWriter;
  readonly #gatherMs: number;
  #due = 0;
  #isAppending = false;

  constructor(writer: StreamWriter, gatherMs: number) {
    this.#writer = writer;
    this.#gatherMs = gatherMs;
  }

  say(): void {
    this.#due += 1;
    if (!this.#isAppending) void this.#append();
  }

  async #append(): Promise<void> {
    this.#isAppending = true;
    while (this.#due > 0) {
      const content = `@${clock().toFixed(1)} `;
      const events = Array.from({ length: this.#due }, () => ({ eventType: 'content_chunk', content }) as const);
      this.#due = 0;
      const gathered = delay(this.#gatherMs);
      await this.#writer.append(events);
      await gathered;
    }
    this.#isAppending = false;
  }
}

async function open({ streamUrl, executions, prefix, isOnePaused }: WriterOrder): Promise<void> {
  const log = await openStreamLog(streamUrl);
  const claim = { epoch: 1, turn: 1, reason: 'first' } as const;
  const ids = Array.from({ length: executions }, (_, n) => `${prefix}-${n}`);
  const writers = await Promise.all(ids.map((id) => log.open(id, claim)));
  texts = writers.map((writer) => new Text(writer, log.gatherMs ?? GATHER_MS));
  if (isOnePaused !== true) return;
  const content = 'x'.repeat(PRELUDE.length);
  for (let n = 0; n < PRELUDE.chunks; n += 1) await writers[0]?.append([{ eventType: 'content_chunk', content }]);
}

/** Chunks as models say them; each execution has its turn within every period. */
function write({ chunksPerSecond }: WriterOrder): void {
  const periodMs = 1000 / chunksPerSecond;
  const startedAt = performance.now();
  let written = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / periodMs) * texts.length);
    for (; written < due; written += 1) texts[written % texts.length]?.say();
  }, 1);
}

serveOrders({ open, write, usage });
