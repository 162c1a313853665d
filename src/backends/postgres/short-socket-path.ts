import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** What every system takes as the path of a socket; Linux takes a few bytes more. */
const LONGEST = 100;

/**
 * Uses a socket by a path that the system takes, however deep its folder is. Gives `otherwise` where there is no such path:
 * a long one on a system without /proc.
 */
export async function withShortPath<Result>(
  socketPath: string,
  use: (path: string) => Promise<Result>,
  otherwise: Result,
): Promise<Result> {
  if (Buffer.byteLength(socketPath) <= LONGEST) return await use(socketPath);
  if (process.platform !== 'linux') return otherwise;
  const folder = await open(dirname(socketPath), 'r');
  try {
    return await use(`/proc/self/fd/${folder.fd}/${basename(socketPath)}`);
  } finally {
    await folder.close();
  }
}
