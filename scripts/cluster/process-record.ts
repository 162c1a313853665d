import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import { identityOf, isCertainlyRunning, type ProcessIdentity } from '../../src/backends/postgres/running-process.js';
import { killFamily } from './process-family.js';

const RECORD = z.array(
  z.object({ pid: z.number(), startedAt: z.string(), pidNamespace: z.string(), bootId: z.string() }),
);
const LOOK_EVERY_MS = 20;

/**
 * The processes that a cluster has started and that have not ended, in a file: so that they can be ended, and no others, when
 * the cluster itself was killed. A process is known by its id and by when it started. Empty where the system does not tell
 * the latter (it does on Linux).
 */
export class ProcessRecord {
  readonly #path: string;
  readonly #started = new Map<number, ProcessIdentity>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Begins anew. What an earlier cluster wrote down, and is certain to be running still, is ended first, with its descendants. */
  static async open(path: string): Promise<ProcessRecord> {
    const left = recorded(path).filter(isCertainlyRunning);
    left.forEach(killFamily);
    while (left.some(isCertainlyRunning)) await delay(LOOK_EVERY_MS);
    const record = new ProcessRecord(path);
    record.#write();
    return record;
  }

  /** Before anything is awaited after a start: what is not written down is not ended later. Gives what strikes it out again. */
  add(pid: number | undefined): () => void {
    if (pid !== undefined) this.#started.set(pid, identityOf(pid));
    this.#write();
    return () => {
      if (pid !== undefined) this.#started.delete(pid);
      this.#write();
    };
  }

  /** Whole or not at all. */
  #write(): void {
    const incoming = `${this.#path}.new`;
    writeFileSync(incoming, JSON.stringify([...this.#started.values()]));
    renameSync(incoming, this.#path);
  }
}

/** None where the file is missing, or is not ours. */
function recorded(path: string): readonly ProcessIdentity[] {
  try {
    return RECORD.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
