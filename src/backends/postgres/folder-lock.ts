import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { CircuitBreakerError } from '../../core/errors.js';
import { readHolder, vitalityOf, type LockHolder } from './lock-holder.js';
import { identityOf } from './running-process.js';
import { withShortPath } from './short-socket-path.js';

export interface FolderLock {
  release(): Promise<void>;
}

/** What somebody may do who wants a data folder that another process has. */
const WAYS_OUT =
  'Stop that process, set DATA_DIR to another folder, or use PostgreSQL for many processes: STORAGE_URL=postgres://…';

/**
 * Makes this process the only one that may use a folder, also among containers that share a volume. Only a dead holder's
 * lock is taken over. Throws UNAVAILABLE, naming the holder and the ways out, when another process has it.
 */
export async function lockFolder(folder: string, waysOut = WAYS_OUT): Promise<FolderLock> {
  const path = lockPath(folder);
  const mine = `${path}.${randomBytes(6).toString('hex')}`;
  // Before the lock is there: whoever finds it must find its holder listening.
  const server = await listening(`${mine}.sock`);
  const holder: LockHolder = {
    ...identityOf(process.pid),
    ...(server === undefined ? {} : { socket: basename(`${mine}.sock`) }),
  };
  const giveUp = async () => {
    server?.close();
    await rm(`${mine}.sock`, { force: true });
  };
  try {
    await writeFile(mine, JSON.stringify(holder));
    while (!(await linked(mine, path))) await takeOver(folder, waysOut);
  } catch (error) {
    await giveUp();
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
  return {
    release: async () => {
      await rm(path, { force: true });
      await giveUp();
    },
  };
}

/** Throws UNAVAILABLE as `lockFolder` does, without taking the lock or changing anything. */
export async function refuseLockedFolder(folder: string): Promise<void> {
  await refuseLiving(folder, await readFile(lockPath(folder), 'utf8').catch(() => ''), WAYS_OUT);
}

function lockPath(folder: string): string {
  return `${folder}.lock`;
}

/** Some file systems have no sockets: then the holder is known by its process id only. */
async function listening(socketPath: string): Promise<Server | undefined> {
  return await withShortPath<Server | undefined>(
    socketPath,
    (path) =>
      new Promise((resolve) => {
        const server = createServer((socket) => socket.destroy());
        server.on('error', () => {
          resolve(undefined);
        });
        server.listen(path, () => {
          server.unref();
          resolve(server);
        });
      }),
    undefined,
  );
}

async function takeOver(folder: string, waysOut: string): Promise<void> {
  const path = lockPath(folder);
  const content = await readFile(path, 'utf8').catch(() => undefined);
  // Released at this very moment: try again.
  if (content === undefined) return;
  await refuseLiving(folder, content, waysOut);
  await takeAway(path, content);
  const socket = readHolder(content)?.socket;
  if (socket !== undefined) await rm(join(dirname(path), basename(socket)), { force: true });
}

async function refuseLiving(folder: string, content: string, waysOut: string): Promise<void> {
  const holder = readHolder(content);
  if (holder === undefined) return;
  const vitality = await vitalityOf(holder, lockPath(folder));
  if (vitality !== 'dead') throw inUse(folder, whoHas(folder, holder.pid, vitality), waysOut);
}

/** A link appears whole or not at all, and only one process can make it. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead holder's lock, and no other. Several processes may want to at once: what was moved aside is looked at
 * again, and put back when it is the lock of one that was faster.
 */
async function takeAway(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.dead`;
  try {
    await rename(path, aside);
  } catch {
    // Gone already: another process has taken it away.
    return;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await linked(aside, path);
  await rm(aside, { force: true });
}

function inUse(folder: string, who: string, waysOut: string): CircuitBreakerError {
  const message = `The data folder ${folder} ${who}, and only one process can open it. ${waysOut}`;
  return new CircuitBreakerError('UNAVAILABLE', message);
}

function whoHas(folder: string, pid: number, vitality: 'alive' | 'unknown'): string {
  if (vitality === 'alive') return `is in use by process ${pid}`;
  return `is in use by process ${pid} of another container, as far as can be told from here (if that is gone, remove ${lockPath(folder)})`;
}
