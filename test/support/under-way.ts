import { setTimeout as delay } from 'node:timers/promises';

/** Without any sign of progress. */
const STANDSTILL_MS = 60_000;
/** However much moves: less than the time that an e2e test has, which would end it without a word. */
const PATIENCE_MS = 240_000;
const INTERVAL_MS = 25;
const LOOKS_PER_PROGRESS = 20;

export interface UnderWay {
  /** Throws when it cannot come any more. */
  isOver(): boolean;
  /** How far it is: as long as this goes on changing, it is waited for. */
  progress(): unknown;
  /** Said when it does not come: what there is of it. */
  found(): string | Promise<string>;
}

/** Waits for what takes as long as the machine lets it: not for a fixed time, but for as long as it moves. */
export async function untilOver(waited: UnderWay): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let before: unknown;
  let standsAt = 0;
  for (let look = 0; !waited.isOver(); look += 1) {
    if (look % LOOKS_PER_PROGRESS === 0) {
      const [now, progress] = [Date.now(), waited.progress()];
      if (look === 0 || progress !== before) [before, standsAt] = [progress, now + STANDSTILL_MS];
      if (now > standsAt) throw new Error(`stands still: ${await waited.found()}`);
      if (now > deadline) throw new Error(`is not over after ${PATIENCE_MS / 1000} s: ${await waited.found()}`);
    }
    await delay(INTERVAL_MS);
  }
}
