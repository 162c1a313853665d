import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';

import { CircuitBreakerError } from '../../core/errors.js';

export interface FolderLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** When the process started, where the system tells: a process id alone may have been given to another one. */
  readonly startedAt: string | undefined;
}

/**
 * Makes this process the only one that may use a folder. Only a dead holder's lock is taken over.
 * Throws UNAVAILABLE, naming the holder and the ways out, when another process has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = lockPath(folder);
  const mine = `${path}.${process.pid}`;
  await writeFile(mine, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Holder));
  try {
    while (!(await linked(mine, path))) {
      const content = await readFile(path, 'utf8').catch(() => undefined);
      // Released at this very moment: try again.
      if (content === undefined) continue;
      const holder = parseHolder(content);
      if (holder !== undefined && isAlive(holder)) throw inUse(folder, holder.pid);
      await takeAway(path, content);
    }
  } finally {
    await rm(mine, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

/** Throws UNAVAILABLE as `lockFolder` does, without taking the lock or changing anything. */
export async function refuseLockedFolder(folder: string): Promise<void> {
  const holder = parseHolder(await readFile(lockPath(folder), 'utf8').catch(() => ''));
  if (holder !== undefined && isAlive(holder)) throw inUse(folder, holder.pid);
}

function lockPath(folder: string): string {
  return `${folder}.lock`;
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
  const aside = `${path}.${process.pid}.dead`;
  try {
    await rename(path, aside);
  } catch {
    // Gone already: another process has taken it away.
    return;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await linked(aside, path);
  await rm(aside, { force: true });
}

function inUse(folder: string, pid: number): CircuitBreakerError {
  const message =
    `The data folder ${folder} is in use by process ${pid}, and only one process can open it. ` +
    'Stop that process, set DATA_DIR to another folder, or use PostgreSQL for many processes: STORAGE_URL=postgres://…';
  return new CircuitBreakerError('UNAVAILABLE', message);
}

function parseHolder(content: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(content);
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || typeof holder.pid !== 'number')
      return undefined;
    const startedAt = 'startedAt' in holder && typeof holder.startedAt === 'string' ? holder.startedAt : undefined;
    return { pid: holder.pid, startedAt };
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = startOf(pid);
  return startedAt === undefined || now === undefined || now === startedAt;
}

/** The process's start in clock ticks since boot, from the 22nd field of its stat line; undefined where there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
