import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { killAll, processesWithin } from './processes-within.js';

/**
 * Makes a folder the one of this process's cluster. What a cluster left running there that was killed is ended first. Gives what
 * lets go of it. Throws when another cluster runs on it.
 */
export function claimFolder(folder: string): () => void {
  // Servers that run as somebody else have to come through it; what is in it is shut.
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const record = join(folder, 'cluster.pid');
  const owner = ownerOf(record);
  if (owner !== undefined) {
    throw new Error(
      `The cluster on ${folder} belongs to process ${owner}, which is running. Stop that one, or name another folder with --data.`,
    );
  }
  killAll(processesWithin(folder));
  writeFileSync(record, String(process.pid));
  return () => {
    rmSync(record, { force: true });
  };
}

function ownerOf(record: string): number | undefined {
  try {
    const pid = Number(readFileSync(record, 'utf8'));
    process.kill(pid, 0);
    return pid === process.pid ? undefined : pid;
  } catch {
    return undefined;
  }
}
