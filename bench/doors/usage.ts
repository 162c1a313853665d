import type { Usage } from './orders.js';

let before = process.cpuUsage();

/** What this process has used since the last call, and holds now. */
export function usage(): Usage {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuMicroseconds: user + system, residentBytes: rss, heapBytes: heapUsed + external };
}

/** The same after a collection. */
export function settledUsage(): Usage {
  globalThis.gc?.();
  globalThis.gc?.();
  return usage();
}
