import { TestRunner, vi } from 'vitest';

const INTERVAL_MS = 20;
/** Longer than anything that is waited for takes, also beside much else. */
const PATIENCE_MS = 120_000;
/** Of the time that a test has: one that ends because of that says nothing of what it waited for. */
const SHARE = 0.75;

/** Waits until a claim holds, and gives what it gives. Rejects with why it last did not hold. */
export async function eventually<Result>(claim: () => Result | Promise<Result>): Promise<Result> {
  const limitMs = TestRunner.getCurrentTest()?.timeout ?? PATIENCE_MS;
  return await vi.waitFor(claim, { timeout: Math.min(PATIENCE_MS, SHARE * limitMs), interval: INTERVAL_MS });
}
