import { readFileSync } from 'node:fs';

/**
 * Milliseconds that the first thread of a process has computed, which in Node has the event loop: how long it was held up,
 * however busy the machine is. NaN where the system does not say.
 */
export function mainThreadMs(pid: number): number {
  try {
    const [nanoseconds = ''] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return Number.NaN;
  }
}
