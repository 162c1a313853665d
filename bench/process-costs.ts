import { Client, Connection } from '@temporalio/client';

import { createWorkflow } from '../test/support/api-client.js';
import { killEverything, newSetting, startEverything, type Setting } from '../test/support/everything.js';
import { NatsServer } from '../test/support/nats-server.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { RedisServer } from '../test/support/redis-server.js';
import { SpawnedProcess } from '../test/support/spawned-process.js';
import { BACK_AND_FORTH, nextTransition } from './back-and-forth.js';
import { startBareWorker } from './bare-worker.js';
import { median, milliseconds, printRow } from './figures.js';
import { residentKb, serverOf } from './resident-memory.js';

const STARTS = 5;
const FIRES = 200;
const WARM = 20;

type Environment = Record<string, string>;

/** What our processes cost where each of the storage systems is behind them: to start, to fire, and at rest. */
export async function benchProcesses(): Promise<void> {
  console.log('\nStorage behind a fire: one token, one fire at a time');
  await fires('memory', { STORAGE_URL: 'memory:' });
  await fires('PGlite, in a folder', {});
  const [redis, nats] = [await RedisServer.start({ keepsData: true }), await NatsServer.start()];
  try {
    await onDatabase((url) => fires('PostgreSQL', { STORAGE_URL: url }));
    await onDatabase((url) => fires('Redis for agents and streams', withAgentsOn(url, redis.url)));
    await onDatabase((url) => fires('NATS for agents and streams', withAgentsOn(url, nats.url)));
    console.log('\nProcesses: start to ready, and what they hold at rest');
    await startAgain('start, PGlite in a folder that is there', {});
    await onDatabase((url) => startAgain('start, PostgreSQL', { STORAGE_URL: url }));
    await onDatabase((url) => apart('PostgreSQL, streams on Redis', { STORAGE_URL: url, STREAM_URL: redis.url }));
  } finally {
    await Promise.all([redis.stop(), nats.stop()]);
  }
}

/** A database belongs to the Temporal that it was first used with: each gets one of its own. */
async function onDatabase(use: (url: string) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  try {
    await use(database.url);
  } finally {
    await database.drop();
  }
}

function withAgentsOn(database: string, url: string): Environment {
  return { STORAGE_URL: database, AGENT_STORAGE_URL: url, STREAM_URL: url };
}

/** Through a plain Temporal client, so that nothing of ours but the worker is in it; beside it a worker that stores nothing. */
async function fires(name: string, environment: Environment): Promise<void> {
  await withEverything(environment, async (setting) => {
    await createWorkflow(setting.address, BACK_AND_FORTH);
    const connection = await Connection.connect({ address: setting.temporalAddress });
    const bare = await startBareWorker(setting.temporalAddress);
    try {
      const client = new Client({ connection });
      const options = { taskQueue: 'circuit-breaker', workflowId: 'bench-fires-1' };
      const token = await client.workflow.start('tokenLifecycle', {
        ...options,
        args: [{ workflowId: BACK_AND_FORTH.id }],
      });
      const other = await client.workflow.start('bareFires', { taskQueue: 'bench-bare', workflowId: 'bare-fires-1' });
      const ours: number[] = [];
      const bares: number[] = [];
      for (let index = 0; index < FIRES + WARM; index += 1) {
        const transitionId = nextTransition(index);
        const own = await msOf(() => token.executeUpdate('fire', { args: [{ transitionId }] }));
        const bareMs = await msOf(() => other.executeUpdate('fire'));
        if (index < WARM) continue;
        ours.push(own);
        bares.push(bareMs);
      }
      const added = median(ours) - median(bares);
      printRow(name, `${milliseconds(ours)}   over the bare SDK +${added.toFixed(1)} ms`);
      await Promise.all([token.terminate(), other.terminate()]);
    } finally {
      await bare.stop();
      await connection.close();
    }
  });
}

async function startAgain(name: string, environment: Environment): Promise<void> {
  const setting = await newSetting(environment);
  const samples: number[] = [];
  try {
    await killEverything(await startEverything(setting), setting);
    let held = '';
    for (let index = 0; index < STARTS; index += 1) {
      const startedAt = performance.now();
      const everything = await startEverything(setting);
      samples.push(performance.now() - startedAt);
      const pid = everything.pid ?? 0;
      held = `${megabytes(pid)} MB, its Temporal server ${megabytes(serverOf(pid))} MB`;
      await everything.stop();
    }
    printRow(name, `${milliseconds(samples)}   at rest ${held}`);
  } finally {
    await setting.remove();
  }
}

async function apart(name: string, environment: Environment): Promise<void> {
  await withEverything(environment, async (setting) => {
    const own = await newSetting({ ...environment, TEMPORAL_ADDRESS: setting.temporalAddress });
    for (const command of ['api', 'worker'] as const) {
      const startedAt = performance.now();
      const started = await SpawnedProcess.ready(command, own.environment);
      const ms = performance.now() - startedAt;
      printRow(`${command}, ${name}`, `ready in ${ms.toFixed(0)} ms   at rest ${megabytes(started.pid ?? 0)} MB`);
      await started.stop();
    }
    await own.remove();
  });
}

async function withEverything(environment: Environment, use: (setting: Setting) => Promise<void>): Promise<void> {
  const setting = await newSetting(environment);
  const everything = await startEverything(setting);
  try {
    await use(setting);
  } finally {
    await killEverything(everything, setting);
    await setting.remove();
  }
}

async function msOf(task: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await task();
  return performance.now() - startedAt;
}

function megabytes(pid: number): string {
  return (residentKb(pid) / 1024).toFixed(0);
}
