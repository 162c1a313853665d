import { vi } from 'vitest';

/** Longer than anything that is waited for takes, also beside much else; shorter than a test may take. */
const PATIENCE_MS = 45_000;
const INTERVAL_MS = 20;

/** Waits until a claim holds, and gives what it gives. Rejects with why it last did not hold. */
export async function eventually<Result>(claim: () => Result | Promise<Result>): Promise<Result> {
  return await vi.waitFor(claim, { timeout: PATIENCE_MS, interval: INTERVAL_MS });
}
