import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { bootId, isRunning, pidNamespace, type ProcessIdentity } from './running-process.js';
import { withShortPath } from './short-socket-path.js';

/** Who has a folder, as its lock file says. */
export interface LockHolder extends ProcessIdentity {
  /** The name of a socket beside the lock file, on which the holder listens as long as it lives. */
  readonly socket?: string;
}

/** Whether the holder lives; `unknown` where that cannot be told from here. */
export type Vitality = 'alive' | 'dead' | 'unknown';

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
