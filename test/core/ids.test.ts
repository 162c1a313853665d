import { describe, expect, it } from 'vitest';

import { idFromName, isId, isTemporalId } from '../../src/core/ids.js';

describe('ids', () => {
  it.each(['a', '7', 'doc-42', 'team_a.review:2', 'a'.repeat(200)])('%s is an id', (id) => {
    expect(isId(id)).toBe(true);
  });

  it.each([
    '',
    '-a',
    'a-',
    '.',
    'a..b',
    'a b',
    'a/b',
    'ä',
    'a\n',
    '__proto__',
    'constructor',
    'prototype',
    'a'.repeat(201),
  ])('%j is not an id', (id) => {
    expect(isId(id)).toBe(false);
  });

  it.each(['orders/42', 'a b', '文書', '-', 'x'.repeat(1000), 'ü'.repeat(500)])('%s may be one of Temporal', (id) => {
    expect(isTemporalId(id)).toBe(true);
  });

  it.each(['', 'a\0b', 'half \ud83d', 'x'.repeat(1001), 'ü'.repeat(501)])('%j is none of Temporal', (id) => {
    expect(isTemporalId(id)).toBe(false);
  });

  it.each([
    ['Document review', 'document-review'],
    ['  Über-Prüfung (2) ', 'uber-prufung-2'],
    ['constructor!', undefined],
    ['文書', undefined],
    ['…', undefined],
  ])('the name %j makes the id %j', (name, id) => {
    expect(idFromName(name)).toBe(id);
  });

  it('an id made from a name is one, however long the name', () => {
    expect(isId(idFromName(`${'a'.repeat(199)} b`) ?? '')).toBe(true);
  });
});
