import { setTimeout as delay } from 'node:timers/promises';

import { openAnswerStream } from '../src/streams/writing/gathered-answer.js';
import { openStreamLog } from '../src/streams/open-stream-log.js';
import { StreamReader } from '../src/streams/reading/reader.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { NatsServer } from '../test/support/nats-server.js';
import { RedisServer } from '../test/support/redis-server.js';
import { printRow, quantile } from './figures.js';

const CHUNKS_PER_SECOND = 50;
const SECONDS = 8;
/** What is measured begins after so long. */
const WARM_UP_MS = 2000;

/**
 * From a model's chunk to the viewer that gets it: executions with one viewer each, writers and viewers each on a log of
 * their own in one process, the backend in another. The CPU is that of the process, both sides together.
 */
export async function benchStreamLogs(): Promise<void> {
  console.log(`\nStream logs: ${CHUNKS_PER_SECOND} chunks/s for each execution, one viewer each`);
  const backends: readonly (readonly [string, () => Promise<{ url: string; stop: () => Promise<void> }>])[] = [
    ['memory', () => Promise.resolve({ url: 'memory:', stop: () => Promise.resolve() })],
    ['PostgreSQL', testDatabase],
    ['Redis', () => started(RedisServer.start({ keepsData: false }))],
    ['NATS', () => started(NatsServer.start())],
  ];
  for (const executions of [100, 1000]) {
    for (const [name, start] of backends) {
      const { url, stop } = await start();
      try {
        printRow(`${name}, ${executions} executions`, await measure(url, executions));
      } finally {
        await stop();
      }
    }
  }
}

async function measure(url: string, executions: number): Promise<string> {
  const writing = await openStreamLog(url);
  const reading = url === 'memory:' ? writing : await openStreamLog(url);
  const reader = new StreamReader({
    log: reading,
    lookup: { find: () => Promise.resolve(undefined), finish: () => Promise.resolve() },
    bufferSize: 1000,
    logger: { warn: () => undefined },
  });
  const ids = Array.from({ length: executions }, (_, n) => `bench-${Date.now()}-${n}`);
  const answers = ids.map((id) =>
    openAnswerStream(writing, id, { claim: { epoch: 1, turn: 1, reason: 'first' }, onFenced: () => undefined }),
  );
  for (const answer of answers) answer.write(stamp());
  await delay(500);
  const latencies: number[] = [];
  const facts = { chunks: 0, measuredFrom: performance.now() + WARM_UP_MS };
  const watching = ids.map((id) => watch(reader, id, { latencies, facts }));
  const writer = write(answers);
  await delay(WARM_UP_MS);
  const before = process.cpuUsage();
  await writer;
  const { user, system } = process.cpuUsage(before);
  await delay(500);
  await reader.shutdown();
  await Promise.all(watching);
  await Promise.all(answers.map((answer) => answer.end()));
  await Promise.all([writing.shutdown(), reading.shutdown()]);
  const cpu = (user + system) / facts.chunks;
  const wanted = executions * CHUNKS_PER_SECOND * (SECONDS - WARM_UP_MS / 1000);
  return `${cpu.toFixed(1)} µs a chunk   p50 ${quantile(latencies, 0.5).toFixed(1)} ms   p99 ${quantile(latencies, 0.99).toFixed(1)} ms   ${((100 * facts.chunks) / wanted).toFixed(0)} % in time`;
}

type Answer = ReturnType<typeof openAnswerStream>;

/** A chunk carries the time at which it was said. */
function stamp(): string {
  return `${performance.now().toFixed(1)} `;
}

/** Each execution has its turn within every period: chunks do not come all at once. */
async function write(answers: readonly Answer[]): Promise<void> {
  const periodMs = 1000 / CHUNKS_PER_SECOND;
  const startedAt = performance.now();
  let written = 0;
  while (performance.now() - startedAt < SECONDS * 1000) {
    const due = Math.floor(((performance.now() - startedAt) / periodMs) * answers.length);
    for (; written < due; written += 1) answers[written % answers.length]?.write(stamp());
    await delay(1);
  }
}

async function watch(
  reader: StreamReader,
  executionId: string,
  { latencies, facts }: { latencies: number[]; facts: { chunks: number; readonly measuredFrom: number } },
): Promise<void> {
  const viewer = await reader.open(executionId, { after: 1 });
  for (let events = await viewer.next(); events !== undefined; events = await viewer.next()) {
    const now = performance.now();
    if (now < facts.measuredFrom) continue;
    for (const event of events) {
      if (event.eventType !== 'content_chunk') continue;
      for (const time of event.content.trim().split(' ')) {
        facts.chunks += 1;
        latencies.push(now - Number(time));
      }
    }
  }
}

async function testDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  const database = await createTestDatabase();
  return { url: database.url, stop: () => database.drop() };
}

async function started(server: Promise<RedisServer | NatsServer>): Promise<{ url: string; stop: () => Promise<void> }> {
  const running = await server;
  return { url: running.url, stop: () => running.stop() };
}
