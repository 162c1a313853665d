import { createRequire } from 'node:module';

import { defineConfig } from 'vitest/config';

import { TAGS } from './test/support/tags.js';

const INTEGRATION = 'test/**/*.integration.test.ts';
const E2E = 'test/**/*.e2e.test.ts';
const BUILD_FIRST = './test/support/build-first.ts';

export default defineConfig({
  // What Node itself takes: otherwise `graphql` is there twice, and neither knows the other's errors.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    // Temporal's replay workers crash in worker threads.
    pool: 'forks',
    maxWorkers: 2,
    tags: TAGS.map((name) => ({ name })),
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
    // The limits are for what hangs: whatever is slow only because of a busy machine must come to its end.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [INTEGRATION, E2E],
          // A process for each file would take three times as long: what they share is watched, and restored.
          isolate: false,
          setupFiles: './test/support/leaves-nothing.ts',
          restoreMocks: true,
          unstubGlobals: true,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [INTEGRATION],
          globalSetup: BUILD_FIRST,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [E2E],
          globalSetup: BUILD_FIRST,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // They wait more than they compute: for timeouts of Temporal's, and for each other's answers.
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
