import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createClient } from '@redis/client';

import { NatsServer } from './nats-server.js';
import { createTestDatabase } from './postgres.js';
import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';
import { SmallDisk } from './small-disk.js';
import type { StorageFault, StorageTrialSettings } from './storage-trial.js';

/** A server, or a folder, of one trial, and what it can be made to go through. */
export interface StorageUnderTrial extends Pick<StorageTrialSettings, 'environment' | 'processes'> {
  readonly faults: readonly StorageFault[];
  stop(): Promise<void>;
}

export const STORAGES = {
  postgres: postgresUnderTrial,
  redis: redisUnderTrial,
  nats: natsUnderTrial,
  pglite: pgliteUnderTrial,
} as const;

const DISK_MIB = 160;

async function postgresUnderTrial(): Promise<StorageUnderTrial> {
  const server = await PostgresServer.start({ diskMib: DISK_MIB });
  return {
    environment: { STORAGE_URL: server.url },
    faults: [
      { name: 'stopped', begin: () => server.kill(), end: () => server.startAgain() },
      {
        name: 'frozen',
        begin: () => server.freeze(),
        end: () => {
          server.thaw();
          return Promise.resolve();
        },
      },
      { name: 'read-only', begin: () => server.setReadOnly(true), end: () => server.setReadOnly(false) },
      {
        name: 'disk full',
        begin: () => server.disk.fill(),
        // It ends when there is no room for its log of changes, and is started again by whoever made room.
        end: async () => {
          await server.disk.free();
          if (server.hasEnded) await server.startAgain();
        },
      },
    ],
    stop: () => server.stop(),
  };
}

/** What is on the Redis are agents and streams. */
async function redisUnderTrial(): Promise<StorageUnderTrial> {
  const [database, server] = [await createTestDatabase(), await RedisServer.start({ keepsData: true })];
  const client = createClient({ url: server.url });
  client.on('error', () => undefined);
  await client.connect();
  return {
    environment: { STORAGE_URL: database.url, STREAM_URL: server.url, AGENT_STORAGE_URL: server.url },
    faults: [
      { name: 'stopped', begin: () => server.kill(), end: () => server.startAgain() },
      {
        name: 'memory full',
        begin: () => client.configSet('maxmemory', '1mb'),
        end: () => client.configSet('maxmemory', '0'),
      },
      {
        name: 'snapshots fail',
        begin: async () => {
          await server.forget();
          await client.configSet('save', '1 1');
        },
        end: () => client.configSet({ save: '', 'stop-writes-on-bgsave-error': 'no' }),
      },
    ],
    stop: async () => {
      client.destroy();
      await server.stop();
      await database.drop();
    },
  };
}

/** The same on NATS. */
async function natsUnderTrial(): Promise<StorageUnderTrial> {
  const limits = 'jetstream { max_file_store: 64MB, max_memory_store: 1MB }';
  const [database, server] = [await createTestDatabase(), await NatsServer.start(limits)];
  const onServer = async (act: (connection: Awaited<ReturnType<typeof connect>>) => Promise<unknown>) => {
    const connection = await connect({ servers: new URL(server.url).host });
    await act(connection);
    await connection.close();
  };
  return {
    environment: { STORAGE_URL: database.url, STREAM_URL: server.url, AGENT_STORAGE_URL: server.url },
    faults: [
      { name: 'stopped', begin: () => server.kill(), end: () => server.startAgain() },
      {
        name: 'storage full',
        begin: () =>
          onServer(async (connection) => {
            const manager = await jetstreamManager(connection);
            await manager.streams.add({ name: 'ballast', subjects: ['ballast'], storage: StorageType.File });
            for (let bytes = 512 * 1024; bytes > 0; bytes = Math.floor(bytes / 2)) {
              const publish = () => jetstream(connection).publish('ballast', randomBytes(bytes));
              while (await publish().then(Boolean, () => false));
            }
          }),
        end: () => onServer(async (connection) => (await jetstreamManager(connection)).streams.delete('ballast')),
      },
    ],
    stop: async () => {
      await server.stop();
      await database.drop();
    },
  };
}

/** Everything in one process, on a folder on a disk of its own. */
async function pgliteUnderTrial(): Promise<StorageUnderTrial> {
  const folder = await mkdtemp(join(tmpdir(), 'pglite-'));
  const place = join(folder, 'disk');
  await mkdir(place);
  const disk = await SmallDisk.mount(place, DISK_MIB);
  return {
    environment: { STORAGE_URL: `pglite:${join(place, 'storage')}` },
    processes: ['start'],
    faults: [{ name: 'disk full', begin: () => disk.fill(), end: () => disk.free() }],
    stop: async () => {
      await disk.unmount();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
