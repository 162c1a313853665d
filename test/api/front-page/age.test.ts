import { expect, it } from 'vitest';

import { ageOf } from '../../../src/api/front-page/age.js';

it.each([
  ['2026-11-23T05:00:00.000Z', '0 s'],
  ['2026-11-23T04:59:00.001Z', '59 s'],
  ['2026-11-23T04:59:00.000Z', '1 min'],
  ['2026-11-23T03:00:01.000Z', '1 h'],
  ['2026-10-14T05:00:00.000Z', '40 d'],
  ['2026-11-23T05:00:07.000Z', '0 s'],
])('from %s on it is %s', (time, age) => {
  expect(ageOf(time, '2026-11-23T05:00:00.000Z')).toBe(age);
});
