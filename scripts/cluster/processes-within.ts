import { readdirSync, readlinkSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * The ids of the processes that run in a folder, or in one within it: what a service started, and all that its program
 * started, however they are related. Only where the system shows it (Linux); elsewhere none.
 */
export function processesWithin(folder: string): readonly number[] {
  return idsOfAll().filter((pid) => {
    const cwd = workingFolder(pid);
    return pid !== process.pid && (cwd === folder || cwd.startsWith(`${folder}${sep}`));
  });
}

/** Ends them the hard way. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function idsOfAll(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(join('/proc', String(pid), 'cwd'));
  } catch {
    return '';
  }
}
