import { setTimeout as delay } from 'node:timers/promises';

import { CircuitBreakerError } from '../core/errors.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Repeats an operation while its backend is away, until it gets through or the signal aborts. To wait here costs
 * nothing; to fail would count as an attempt that the model did not make. Other errors pass.
 */
export async function persistently<Result>(signal: AbortSignal, operation: () => Promise<Result>): Promise<Result> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE')) throw error;
    }
    // The abort's own reason has to come out, not the timer's error about it.
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
