import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { isThatServer, readServerRecord } from '../../src/temporal/server-record.js';
import { freePort } from './free-port.js';
import { isAlive } from './is-alive.js';
import { putPreparedStorage } from './prepared-storage.js';
import { SpawnedProcess } from './spawned-process.js';
import { ALLOWED_PRIVATE_HOSTS } from './this-machine.js';

/** A folder, ports and an environment for processes of ours that must not meet those of others. */
export interface Setting {
  readonly address: string;
  readonly temporalAddress: string;
  readonly environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function newSetting(extra: Record<string, string> = {}): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-'));
  const [port, temporalPort, uiPort] = [await freePort(), await freePort(), await freePort()];
  return {
    address: `http://127.0.0.1:${port}`,
    temporalAddress: `127.0.0.1:${temporalPort}`,
    environment: {
      ALLOWED_PRIVATE_HOSTS,
      PORT: String(port),
      TEMPORAL_PORT: String(temporalPort),
      TEMPORAL_UI_PORT: String(uiPort),
      DATA_DIR: folder,
      LOG_LEVEL: 'warn',
      ...extra,
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The same, and its folder has the storage that a first start makes. */
export async function newPreparedSetting(extra: Record<string, string> = {}): Promise<Setting> {
  const setting = await newSetting(extra);
  await putPreparedStorage(join(setting.environment['DATA_DIR'] ?? '', 'storage'));
  return setting;
}

/** `npm start` as a process of its own, ready. */
export function startEverything(setting: Setting): Promise<SpawnedProcess> {
  return SpawnedProcess.ready('start', setting.environment);
}

/** With SIGKILL, both at once: neither the process nor its Temporal server sees the other go. */
export async function killEverything(everything: SpawnedProcess | undefined, setting: Setting): Promise<void> {
  const server = await readServerRecord(setting.environment['DATA_DIR'] ?? '');
  everything?.signal('SIGKILL');
  if (server !== undefined && (await isThatServer(server))) {
    process.kill(server.pid, 'SIGKILL');
    while (isAlive(server.pid) && (await isThatServer(server))) await delay(5);
  }
  await everything?.kill();
}
