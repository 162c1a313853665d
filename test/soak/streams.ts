import { setTimeout as delay } from 'node:timers/promises';

import { NOTHING_SHOWN, showEvent } from '../../src/core/streams/shown-text.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import { openAnswerStream } from '../../src/streams/writing/gathered-answer.js';
import { executionEnding } from '../../src/streams/writing/execution-ending.js';
import { finishStream } from '../../src/streams/writing/finish-stream.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import { StreamReader } from '../../src/streams/reading/reader.js';
import type { StreamLog, StreamWake, WriterClaim } from '../../src/streams/stream-log.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { RedisServer } from '../support/redis-server.js';
import { report } from '../support/report.js';
import { streamBackends, type BreakableBackend } from '../support/stream-backends.js';
import { streamFaults } from '../support/stream-viewer.js';
import { anExecution } from '../storage/contract/execution-store.js';

/** `npm run soak -- ROUNDS`: minutes of broken connections, lost wake-ups, lost workers and killed servers. */
const ROUNDS = Number(process.argv[2] ?? 3);
const EXECUTIONS = 100;
const CUT_EVERY_MS = 700;
const LOST_WAKES = 0.1;
const LOST_WORKERS = 0.3;

const backends: readonly (readonly [string, () => Promise<BreakableBackend>])[] = [
  ...(await streamBackends()).map(({ name, start }) => [name, start] as const),
  ['Redis that forgets', forgetfulRedis],
];

let wrong = 0;
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const [name, start] of backends) {
    const backend = await start();
    try {
      const { right, restarts, took } = await soak(backend);
      report(`${name}, round ${round}: ${right} of ${EXECUTIONS} right, ${restarts} attempts, ${took} s`);
      wrong += EXECUTIONS - right;
    } finally {
      await backend.stop();
    }
  }
}
process.exit(wrong === 0 ? 0 : 1);

async function soak(backend: BreakableBackend): Promise<{ right: number; restarts: number; took: number }> {
  const startedAt = performance.now();
  const proxy = await CuttingProxy.start(backend.url);
  const [writing, reading] = await Promise.all([
    openStreamLog(backend.url),
    openStreamLog(proxied(backend.url, proxy)),
  ]);
  const stored = new Map<string, AgentExecution>();
  const finish = async (execution: AgentExecution) => {
    await finishStream(writing, execution.id, executionEnding(execution));
  };
  const lookup = { find: (id: string) => Promise.resolve(stored.get(id)), finish };
  const log = losingWakes(reading);
  const reader = new StreamReader({ log, lookup, bufferSize: 50, logger: { warn: () => undefined } });
  const cutting = setInterval(() => {
    proxy.cutAll();
  }, CUT_EVERY_MS);
  const ids = Array.from({ length: EXECUTIONS }, (_, n) => `soak-${n}`);
  for (const id of ids) stored.set(id, anExecution({ id, status: 'RUNNING' }));
  const viewing = ids.map((id) => view(reader, id));
  const breaking = (async () => {
    for (const afterMs of [2000, 2000]) {
      await delay(afterMs);
      await backend.takeAway();
      await delay(700);
      await backend.giveBack();
    }
  })();
  await Promise.all([breaking, ...ids.map((id) => write(writing, id, stored))]);
  await Promise.all([...stored.values()].map((execution) => persistently(() => finish(execution))));
  const seen = await Promise.all(viewing);
  clearInterval(cutting);
  await reader.shutdown();
  await Promise.all([writing.shutdown(), reading.shutdown()]);
  await proxy.stop();
  const right = seen.filter(({ id, text, isWhole }) => isWhole && text === stored.get(id)?.finalResponse);
  const restarts = seen.reduce((sum, { attempts }) => sum + attempts, 0);
  return { right: right.length, restarts, took: Math.round((performance.now() - startedAt) / 1000) };
}

/** As workers do: some are lost in the middle, and others begin the answer anew, in other words. */
async function write(log: StreamLog, id: string, stored: Map<string, AgentExecution>): Promise<void> {
  for (let epoch = 1; ; epoch += 1) {
    const claim: WriterClaim = { epoch, turn: 1, reason: epoch === 1 ? 'first' : 'worker_lost' };
    const answer = openAnswerStream(log, id, { claim, onFenced: () => undefined });
    const isLost = Math.random() < LOST_WORKERS;
    const words = 40 + Math.floor(Math.random() * 120);
    for (let n = 0; n < (isLost ? words / 2 : words); n += 1) {
      answer.write(`${epoch}:${n} ${Math.random().toString(36).slice(2)} `);
      await delay(Math.random() * 60);
    }
    // A frozen worker writes on beside its successor.
    if (isLost) continue;
    await answer.end();
    stored.set(id, anExecution({ id, status: 'COMPLETED', finalResponse: answer.text }));
    return;
  }
}

interface Viewed {
  readonly id: string;
  readonly text: string;
  readonly attempts: number;
  /** One end, and after the last beginning from 0 nothing out of order. */
  readonly isWhole: boolean;
}

/** Comes again with its cursor, as every client does, until it has the end. */
async function view(reader: StreamReader, id: string): Promise<Viewed> {
  let shown = NOTHING_SHOWN;
  let after: number | undefined;
  let attempts = 0;
  let events: Parameters<typeof streamFaults>[0] = [];
  for (;;) {
    try {
      const viewer = await reader.open(id, after === undefined ? {} : { after });
      for (let batch = await viewer.next(); batch !== undefined; batch = await viewer.next()) {
        for (const event of batch) {
          if (event.eventType === 'attempt_started') attempts += 1;
          // A log that was lost is told from its beginning.
          events = event.sequence === 0 ? [event] : [...events, event];
          shown = showEvent(shown, event);
          after = event.sequence;
        }
      }
      return { id, text: shown.text, attempts, isWhole: streamFaults(events).length === 0 };
    } catch {
      await delay(100);
    }
  }
}

function losingWakes(log: StreamLog): StreamLog {
  const watch = (id: string, onWake: (wake: StreamWake) => void) =>
    log.watch(id, (wake) => {
      if (Math.random() >= LOST_WAKES) onWake(wake);
    });
  return Object.assign(Object.create(log) as StreamLog, { watch });
}

async function persistently(run: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await run();
      return;
    } catch {
      await delay(200);
    }
  }
}

function proxied(url: string, proxy: CuttingProxy): string {
  const through = new URL(url);
  through.host = `127.0.0.1:${proxy.port}`;
  return through.href;
}

async function forgetfulRedis(): Promise<BreakableBackend> {
  const server = await RedisServer.start({ keepsData: false });
  return {
    url: server.url,
    takeAway: () => server.kill(),
    giveBack: () => server.startAgain(),
    stop: () => server.stop(),
  };
}
