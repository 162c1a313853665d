import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Whole seconds that a process has computed, with the processes that it started; 0 where the system does not say. */
export function cpuSeconds(pid: number): number {
  return Math.floor(cpuTicks(pid) / TICKS_PER_SECOND);
}

function cpuTicks(pid: number): number {
  try {
    return ownTicks(pid) + children(pid).reduce((sum, child) => sum + cpuTicks(child), 0);
  } catch {
    // It has ended, or this is not Linux.
    return 0;
  }
}

/** `utime` and `stime`, the 14th and 15th word; the second is a name in brackets, and may have any. */
function ownTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(words[11]) + Number(words[12]);
}

function children(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
}
