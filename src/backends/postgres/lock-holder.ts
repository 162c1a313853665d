import { readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { withShortPath } from './short-socket-path.js';

/** Who has a folder, as its lock file says. */
export interface LockHolder {
  readonly pid: number;
  /** When the process started, where the system tells: a process id alone may have been given to another one. */
  readonly startedAt?: string;
  /** In which process ids the pid counts, and since which boot; absent where the system does not tell. */
  readonly pidNamespace?: string;
  readonly bootId?: string;
  /** The name of a socket beside the lock file, on which the holder listens as long as it lives. */
  readonly socket?: string;
}

/** Whether the holder lives; `unknown` where that cannot be told from here. */
export type Vitality = 'alive' | 'dead' | 'unknown';

export function thisProcess(): Pick<LockHolder, 'pid' | 'startedAt' | 'pidNamespace' | 'bootId'> {
  const { pid } = process;
  return Object.fromEntries(
    Object.entries({ pid, startedAt: startOf(pid), pidNamespace: pidNamespace(), bootId: bootId() }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Pick<LockHolder, 'pid' | 'startedAt' | 'pidNamespace' | 'bootId'>;
}

/** Within one PID namespace the process id tells; between containers that share a volume only the socket does. */
export async function vitalityOf(holder: LockHolder, lockPath: string): Promise<Vitality> {
  if (holder.bootId !== undefined && bootId() !== undefined && holder.bootId !== bootId()) return 'dead';
  if (holder.pidNamespace === pidNamespace()) return isRunning(holder) ? 'alive' : 'dead';
  return holder.socket === undefined ? 'unknown' : await answers(join(dirname(lockPath), basename(holder.socket)));
}

export function readHolder(content: string): LockHolder | undefined {
  try {
    const holder: unknown = JSON.parse(content);
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || typeof holder.pid !== 'number')
      return undefined;
    const texts = Object.entries(holder).filter(([, value]) => typeof value === 'string');
    return { pid: holder.pid, ...Object.fromEntries(texts) };
  } catch {
    return undefined;
  }
}

async function answers(socketPath: string): Promise<Vitality> {
  return await withShortPath(
    socketPath,
    (path) =>
      new Promise<Vitality>((resolve) => {
        const socket = connect(path);
        socket.on('connect', () => {
          socket.destroy();
          resolve('alive');
        });
        socket.on('error', (error) => {
          const code = 'code' in error ? error.code : undefined;
          resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : 'unknown');
        });
      }),
    'unknown',
  );
}

function isRunning({ pid, startedAt }: LockHolder): boolean {
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

function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
