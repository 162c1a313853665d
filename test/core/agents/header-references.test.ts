import { describe, expect, it } from 'vitest';

import { fillReferences, referencesIn } from '../../../src/core/agents/header-references.js';

describe('the references of a header', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['Bearer ${A}', ['A'], 'Bearer <A>'],
    ['${A}-${B}', ['A', 'B'], '<A>-<B>'],
    ['${}', [''], '<>'],
    ['${a${B}', ['a${B'], '<a${B>'],
    ['} ${ none', [], '} ${ none'],
    ['$A {B}', [], '$A {B}'],
    ['', [], ''],
  ])('of %j are %j', (value, names, filled) => {
    expect(referencesIn(value)).toEqual(names);
    expect(fillReferences(value, (name) => `<${name}>`)).toBe(filled);
  });

  it('are found once: what is filled in is not looked at again', () => {
    expect(fillReferences('${A}${B}', () => '${B}')).toBe('${B}${B}');
  });

  it('are looked for in no time, in a value of megabytes that opens one after the other', () => {
    const value = '${'.repeat(1_000_000);
    expect(referencesIn(value)).toEqual([]);
    expect(fillReferences(value, () => '')).toBe(value);
  });
});
