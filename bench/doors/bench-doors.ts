import { setTimeout as delay } from 'node:timers/promises';

import { createTestDatabase } from '../../test/support/postgres.js';
import { NatsServer } from '../../test/support/nats-server.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { printRow, quantile } from '../figures.js';
import { DOORS, type Door, type Scene, type Seen, type Usage } from './orders.js';
import { BenchProcess } from './orders-channel.js';

const SECONDS = 6;
/** Caches warm and the code gets compiled before it counts. */
const WARM_UP_MS = 3000;

type Backend = readonly [name: string, start: () => Promise<{ url: string; stop: () => Promise<void> }>];

const BACKENDS: readonly Backend[] = [
  ['Redis', async () => ofServer(await RedisServer.start({ keepsData: false }))],
  ['NATS', async () => ofServer(await NatsServer.start())],
  ['PostgreSQL', database],
];

/** As models speak; and more slowly, where that many executions are more than two cores can bear. */
const SCENES: readonly Scene[] = [
  { executions: 1, viewersEach: 1000, chunksPerSecond: 50 },
  { executions: 1, viewersEach: 1000, chunksPerSecond: 50, isOnePaused: true },
  { executions: 100, viewersEach: 1, chunksPerSecond: 50 },
  { executions: 1000, viewersEach: 1, chunksPerSecond: 10 },
  { executions: 1000, viewersEach: 1, chunksPerSecond: 50 },
];

/**
 * From a worker's chunk to its viewers, per door and backend: writer, backend, API and viewers are processes of their own.
 * Beside it, a server that has the events in memory and does nothing but send them with `ws`.
 */
export async function benchDoors(only: string | undefined): Promise<void> {
  for (const scene of SCENES) {
    const { executions, viewersEach, chunksPerSecond, isOnePaused = false } = scene;
    const paused = isOnePaused ? ', and one more that stands still' : '';
    console.log(
      `\nDoors: ${executions} executions x ${viewersEach} viewers, ${chunksPerSecond} chunks/s each${paused}; CPU of the API per delivery`,
    );
    const name = `${executions}x${viewersEach}${isOnePaused ? '+paused' : ''}@${chunksPerSecond}`;
    const isWanted = (row: string) => only === undefined || new RegExp(only, 'i').test(`${name} ${row}`);
    if (!isOnePaused && isWanted('bare')) printRow('bare ws broadcast', await measureBare(scene));
    for (const [backendName, start] of BACKENDS) {
      for (const door of DOORS) {
        if (!isWanted(`${backendName} ${door}`)) continue;
        const backend = await start();
        try {
          printRow(`${backendName}, ${door}`, await measure(scene, door, backend.url));
        } finally {
          await backend.stop();
        }
      }
    }
  }
}

async function measure(scene: Scene, door: Door, streamUrl: string): Promise<string> {
  const [api, writer, viewers] = await Promise.all([
    BenchProcess.start('api-process.ts'),
    BenchProcess.start('writer-process.ts'),
    BenchProcess.start('viewers-process.ts'),
  ]);
  try {
    const prefix = 'bench';
    const order = { ...scene, streamUrl, prefix, seconds: SECONDS };
    const address = await api.ask<string>('serve', streamUrl);
    await writer.ask('open', order);
    const empty = await api.ask<Usage>('settledUsage');
    await viewers.ask('watch', { ...scene, address, door, prefix });
    await delay(1000);
    const full = await api.ask<Usage>('settledUsage');
    await writer.ask('write', order);
    const row = await windowOf({ server: api, writer, viewers }, scene, { empty, full });
    if (scene.isOnePaused !== true) return row;
    const waiting = await api.ask<number>('mostWaiting');
    return `${row}   at most ${(waiting / 1024).toFixed(0)} KB waiting for one viewer`;
  } finally {
    await Promise.all([api, writer, viewers].map((one) => one.stop()));
  }
}

async function measureBare(scene: Scene): Promise<string> {
  const [server, viewers] = await Promise.all([
    BenchProcess.start('bare-process.ts'),
    BenchProcess.start('viewers-process.ts'),
  ]);
  try {
    const address = await server.ask<string>('serve');
    const empty = await server.ask<Usage>('settledUsage');
    await viewers.ask('watch', { ...scene, address, door: 'websocket', prefix: 'bench' });
    await delay(1000);
    const full = await server.ask<Usage>('settledUsage');
    await server.ask('broadcast', scene);
    return await windowOf({ server, viewers }, scene, { empty, full });
  } finally {
    await Promise.all([server, viewers].map((one) => one.stop()));
  }
}

async function windowOf(
  { server, writer, viewers }: { server: BenchProcess; writer?: BenchProcess; viewers: BenchProcess },
  { executions, viewersEach, chunksPerSecond }: Scene,
  memory: { readonly empty: Usage; readonly full: Usage },
): Promise<string> {
  await delay(WARM_UP_MS);
  await Promise.all([server.ask('usage'), writer?.ask('usage'), viewers.ask('begin')]);
  await delay(SECONDS * 1000);
  const [used, written, seen] = await Promise.all([
    server.ask<Usage>('usage'),
    writer?.ask<Usage>('usage'),
    viewers.ask<Seen>('seen'),
  ]);
  const count = executions * viewersEach;
  const wanted = count * chunksPerSecond * SECONDS;
  const perViewer = (full: number, empty: number) => `${((full - empty) / count / 1024).toFixed(0)} KB`;
  const { empty, full } = memory;
  return [
    `${(used.cpuMicroseconds / seen.deliveries).toFixed(1)} µs`,
    `p50 ${quantile(seen.latencies, 0.5).toFixed(1)} ms`,
    `p99 ${quantile(seen.latencies, 0.99).toFixed(1)} ms`,
    `${((100 * seen.deliveries) / wanted).toFixed(0)} %`,
    `API ${(used.cpuMicroseconds / SECONDS / 1e6).toFixed(2)} cores`,
    ...(written === undefined ? [] : [`writer ${(written.cpuMicroseconds / SECONDS / 1e6).toFixed(2)}`]),
    `a viewer ${perViewer(full.heapBytes, empty.heapBytes)} heap, ${perViewer(full.residentBytes, empty.residentBytes)} resident`,
  ].join('   ');
}

function ofServer(server: RedisServer | NatsServer): { url: string; stop: () => Promise<void> } {
  return { url: server.url, stop: () => server.stop() };
}

async function database(): Promise<{ url: string; stop: () => Promise<void> }> {
  const created = await createTestDatabase();
  return { url: created.url, stop: () => created.drop() };
}
