import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  executionIdOf,
  joinedExecutionIdOf,
  type ExecutionIdParts,
} from '../../../src/core/executions/execution-id.js';
import { isId } from '../../../src/core/ids.js';

/** Few letters and every sign that ids may have, so that what is joined differently often looks the same. */
const id = fc
  .array(fc.constantFrom('a', 'c', '1', '2', ':', ':', '-', '_'), { minLength: 1, maxLength: 7 })
  .map((letters) => letters.join(''))
  .filter(isId);
const parts: fc.Arbitrary<ExecutionIdParts> = fc.record(
  { tokenId: id, startedBy: id, number: fc.integer({ min: 1, max: 2 }), suffix: fc.constantFrom('a1', 'c') },
  { requiredKeys: ['tokenId', 'startedBy', 'number'] },
);

describe('execution ids', () => {
  it("say token, transition and number, and read as they always did where the token's id has no colon", () => {
    expect(executionIdOf({ tokenId: 'doc', startedBy: 'review', number: 2 })).toBe('doc:review:2');
    fc.assert(
      fc.property(parts, (made) => {
        fc.pre(!made.tokenId.includes(':'));
        expect(executionIdOf(made)).toBe(joinedExecutionIdOf(made));
      }),
    );
  });

  it('differ where token, transition or number do, whatever characters ids have, and are ids', () => {
    fc.assert(
      fc.property(fc.array(parts, { minLength: 2, maxLength: 40 }), (all) => {
        const ids = new Map<string, string>();
        for (const made of all) {
          const made1 = executionIdOf(made);
          const what = JSON.stringify([made.tokenId, made.startedBy, made.number, made.suffix]);
          expect(ids.get(made1) ?? what).toBe(what);
          expect(isId(made1)).toBe(true);
          ids.set(made1, what);
        }
      }),
      { numRuns: 500 },
    );
    const either = executionIdOf({ tokenId: 'x', startedBy: 'legal:review', number: 1 });
    expect(either).not.toBe(executionIdOf({ tokenId: 'x:legal', startedBy: 'review', number: 1 }));
  });

  it('stay within 200 characters and apart', () => {
    const ids = ['x', 'y'].map((end) =>
      executionIdOf({ tokenId: 'd'.repeat(198) + end, startedBy: 'review', number: 1 }),
    );
    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(2);
  });

  it('that were cut are never those of a name that only looks so', () => {
    const cut = executionIdOf({ tokenId: 'd'.repeat(199), startedBy: 'review', number: 1 });
    const [, tokenId = '', end = ''] = /^(.*):(.*)$/.exec(cut) ?? [];
    expect(end).toMatch(/^1-x[0-9a-f]{16}$/);
    expect(executionIdOf({ tokenId: tokenId.slice(0, 150), startedBy: tokenId.slice(151), number: 1 })).not.toBe(cut);
  });
});
