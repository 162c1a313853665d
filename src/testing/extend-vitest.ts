import { tokenMatchers } from './matchers.js';

declare module 'vitest' {
  interface Matchers<T> {
    /** Whether a token has come to a place. */
    toBeIn(place: string): T;
  }
}

// Only where vitest runs: other programs need not have it.
if ('__vitest_worker__' in globalThis) {
  const { expect } = await import('vitest');
  expect.extend(tokenMatchers);
}
