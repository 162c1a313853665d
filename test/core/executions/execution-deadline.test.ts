import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MOST_FALLBACKS } from '../../../src/core/agents/agent.js';
import { executionDeadlineSeconds, temporalDeadlineSeconds } from '../../../src/core/executions/execution-deadline.js';

describe('the deadline of an execution', () => {
  it('leaves every provider its attempts and pauses, and Temporal’s is behind that of as many as there may be', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 86_400 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: MOST_FALLBACKS }),
        (seconds, maxAttempts, fallbacks) => {
          const config = { maxAttempts, backoffSeconds: 2 };
          const alone = executionDeadlineSeconds(seconds, config);
          const all = executionDeadlineSeconds(seconds, config, 1 + fallbacks);
          expect(all - alone).toBeGreaterThanOrEqual(10 * fallbacks * maxAttempts * seconds);
          expect(temporalDeadlineSeconds(seconds, config)).toBeGreaterThan(all);
        },
      ),
    );
  });
});
