import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { subjectToken } from '../../../src/backends/nats/nats-subject.js';

/** Few characters, so that ids are alike, and halves of surrogate pairs among them. */
const anId = fc.string({
  unit: fc.constantFrom('a', '2', 'E', '.', '%', '*', '>', ' ', 'u', 'D', '\u00FC', '\uD83D', '\uFFFD'),
});

/** Of any code points, halves of pairs as well. */
const anyText = fc.array(fc.integer({ min: 0, max: 0x10ffff })).map((points) => String.fromCodePoint(...points));

describe('the token of an id in a subject', () => {
  it.each([
    ['doc-1:review:1', 'doc-1:review:1'],
    ['doc.7_b', 'doc%2E7_b'],
    ['*', '%2A'],
    ['a >\n', 'a%20%3E%0A'],
    ['ü🙂', '%C3%BC%F0%9F%99%82'],
    ['', '%'],
  ])('of %j is %s', (id, token) => {
    expect(subjectToken(id)).toBe(token);
  });

  it('has nothing that means something in a subject', () => {
    fc.assert(
      fc.property(fc.oneof(anId, anyText), (id) => {
        expect(subjectToken(id)).toMatch(/^[A-Za-z0-9_:%-]+$/);
      }),
    );
  });

  it('is of one id alone', () => {
    fc.assert(
      fc.property(anId, anId, (one, other) => {
        expect(subjectToken(one) === subjectToken(other)).toBe(one === other);
      }),
      { numRuns: 2000 },
    );
  });
});
