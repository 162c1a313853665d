import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from './run-command.js';

/** The dev server that was started on a data folder, as the next start finds it. */
export interface ServerRecord {
  readonly pid: number;
  /** The process of ours that started or adopted it. */
  readonly ownerPid: number;
  readonly port: number;
  readonly uiPort: number;
  readonly codecEndpoint?: string | undefined;
  readonly databasePath: string;
}

export async function readServerRecord(dataDir: string): Promise<ServerRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(recordPath(dataDir), 'utf8')) as Partial<ServerRecord>;
    const { pid, ownerPid, port, uiPort, codecEndpoint, databasePath } = record;
    if (pid === undefined || ownerPid === undefined || databasePath === undefined) return undefined;
    if (port === undefined || uiPort === undefined) return undefined;
    return { pid, ownerPid, port, uiPort, codecEndpoint, databasePath };
  } catch {
    return undefined;
  }
}

export async function writeServerRecord(dataDir: string, record: ServerRecord): Promise<void> {
  const incoming = `${recordPath(dataDir)}.${process.pid}`;
  await writeFile(incoming, JSON.stringify(record));
  await rename(incoming, recordPath(dataDir));
}

export async function removeServerRecord(dataDir: string): Promise<void> {
  await rm(recordPath(dataDir), { force: true });
}

/** Whether the recorded process is still that server: an id alone may have been given to another program since. */
export async function isThatServer({ pid, databasePath }: ServerRecord): Promise<boolean> {
  const command = await commandOf(pid);
  return command.includes('start-dev') && command.includes(databasePath);
}

async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    // By its path: it needs nothing of an environment then.
    const limits = { timeoutMs: 5000, environment: {} };
    const { ok, output } = await runCommand('/bin/ps', ['-o', 'command=', '-p', String(pid)], limits);
    return ok ? output : '';
  }
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'temporal-server.json');
}
