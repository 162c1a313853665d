import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Waits for a server of which nothing but its answers tells that it is ready; rejects when its process ends before. */
export async function untilAnswering(server: ChildProcess, answers: () => Promise<boolean>): Promise<void> {
  while (!(await answers())) {
    const end = server.exitCode ?? server.signalCode;
    if (end !== null) throw new Error(`${server.spawnfile} ended with ${end} before it answered`);
    await delay(INTERVAL_MS);
  }
}
