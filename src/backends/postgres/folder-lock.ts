import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { CircuitBreakerError } from '../../core/errors.js';
import { readHolder, thisProcess, vitalityOf, type LockHolder } from './lock-holder.js';
import { withShortPath } from './short-socket-path.js';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that may use a folder, also among containers that share a volume. Only a dead holder's
 * lock is taken over. Throws UNAVAILABLE, naming the holder and the ways out, when another process has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = lockPath(folder);
  const mine = `${path}.${randomBytes(6).toString('hex')}`;
  // Before the lock is there: whoever finds it must find its holder listening.
  const server = await listening(`${mine}.sock`);
  const holder: LockHolder = {
    ...thisProcess(),
    ...(server === undefined ? {} : { socket: basename(`${mine}.sock`) }),
  };
  const giveUp = async () => {
    server?.close();
    await rm(`${mine}.sock`, { force: true });
  };
  try {
    await writeFile(mine, JSON.stringify(holder));
    while (!(await linked(mine, path))) await takeOver(folder, path);
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
  await refuseLiving(folder, await readFile(lockPath(folder), 'utf8').catch(() => ''));
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

async function takeOver(folder: string, path: string): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  // Released at this very moment: try again.
  if (content === undefined) return;
  await refuseLiving(folder, content);
  await takeAway(path, content);
  const socket = readHolder(content)?.socket;
  if (socket !== undefined) await rm(join(dirname(path), basename(socket)), { force: true });
}

async function refuseLiving(folder: string, content: string): Promise<void> {
  const holder = readHolder(content);
  if (holder === undefined) return;
  const vitality = await vitalityOf(holder, lockPath(folder));
  if (vitality !== 'dead') throw inUse(folder, holder.pid, vitality);
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

function inUse(folder: string, pid: number, vitality: 'alive' | 'unknown'): CircuitBreakerError {
  const who =
    vitality === 'alive'
      ? `is in use by process ${pid}`
      : `is in use by process ${pid} of another container, as far as can be told from here (if that is gone, remove ${lockPath(folder)})`;
  const message =
    `The data folder ${folder} ${who}, and only one process can open it. ` +
    'Stop that process, set DATA_DIR to another folder, or use PostgreSQL for many processes: STORAGE_URL=postgres://…';
  return new CircuitBreakerError('UNAVAILABLE', message);
}
