import { readdirSync } from 'node:fs';

import {
  identityOf,
  isCertainlyRunning,
  statOf,
  type ProcessIdentity,
} from '../../src/backends/postgres/running-process.js';

/**
 * Ends a process the hard way, and all that it started and that started: by who is whose parent at this moment. Nothing happens
 * where the process is not certain to be the one that is meant.
 */
export function killFamily(root: ProcessIdentity): void {
  // It first: it starts nothing any more.
  for (const one of [root, ...descendants(root)]) {
    try {
      if (isCertainlyRunning(one)) process.kill(one.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** What a process has started, and what that has, at this moment; nothing where it is not certain to be the one that is meant. */
export function descendants(root: ProcessIdentity): readonly ProcessIdentity[] {
  if (!isCertainlyRunning(root)) return [];
  const parents = new Map(allIds().map((pid) => [pid, statOf(pid)?.parent] as const));
  const found = [root.pid];
  // What is appended is looked through as well.
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found.slice(1).map(identityOf);
}

function allIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
