import { expect, it } from 'vitest';

import { pathOf } from '../../../src/cli/operator/token-view.js';

it('says of a way that a token went what its history says of it', () => {
  const history = [
    { transition: 'review', fromPlace: 'submitted', toPlace: 'reviewed', note: 'without its agent, which is off' },
    { transition: 'publish', fromPlace: 'reviewed', toPlace: 'published', note: null },
    { transition: null, fromPlace: 'published', toPlace: 'out', note: 'migrated from version 1 to 2' },
  ];
  expect(pathOf({ place: 'out', history })).toBe(
    'submitted ─ review (without its agent, which is off) → reviewed ─ publish → published ─ migrated from version 1 to 2 → out',
  );
});
