import { setTimeout as delay } from 'node:timers/promises';

import { openAnswerStream } from '../../src/streams/answer-stream.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import { clock, type WriterOrder } from './orders.js';
import { usage } from './usage.js';
import { serveOrders } from './worker-process.js';

let answers: ReturnType<typeof openAnswerStream>[] = [];
let log: Awaited<ReturnType<typeof openStreamLog>>;

async function open({ streamUrl, executions, prefix }: WriterOrder): Promise<void> {
  log = await openStreamLog(streamUrl);
  const claim = { epoch: 1, turn: 1, reason: 'first' };
  answers = Array.from({ length: executions }, (_, n) =>
    openAnswerStream(log, `${prefix}-${n}`, { claim, onFenced: () => undefined }),
  );
  for (const answer of answers) answer.write('begun ');
  await delay(1000);
}

/** Chunks as models say them; each execution has its turn within every period. */
function write({ chunksPerSecond }: WriterOrder): void {
  const periodMs = 1000 / chunksPerSecond;
  const startedAt = performance.now();
  let written = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / periodMs) * answers.length);
    for (; written < due; written += 1) answers[written % answers.length]?.write(`@${clock().toFixed(1)} `);
  }, 1);
}

serveOrders({ open, write, usage });
