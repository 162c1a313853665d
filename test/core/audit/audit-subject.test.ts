import { describe, expect, it } from 'vitest';

import { idSubject, pathSubject } from '../../../src/core/audit/audit-subject.js';

describe('the subject of an entry', () => {
  it.each([
    ['invoice-7', 'invoice-7', 'invoice-7'],
    // An id that a client of Temporal chose: it is told where it was found.
    ['team/invoice 7', undefined, 'team/invoice 7'],
    ['Dear Mr Planted, your salary is', undefined, 'Dear Mr Planted, your salary is'],
    ['x'.repeat(201), undefined, 'x'.repeat(201)],
    // Longer than any id: an index of the storage would not take it.
    ['語'.repeat(400), undefined, undefined],
    ['', undefined, undefined],
  ])('%j is told as %j where nobody found it, and as %j where somebody did', (text, unseen, known) => {
    expect(idSubject(text, { isKnown: false })).toBe(unseen);
    expect(idSubject(text, { isKnown: true })).toBe(known);
  });

  it.each([
    ['/agent-stream/invoice-7:review:1', '/agent-stream/invoice-7:review:1'],
    ['/agent-stream/Dear%20Mr%20Planted', undefined],
    [`/${'x'.repeat(300)}`, undefined],
  ])('the path %j is told as %j', (path, told) => {
    expect(pathSubject(path)).toBe(told);
  });
});
