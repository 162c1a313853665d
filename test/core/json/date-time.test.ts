import { describe, expect, it } from 'vitest';

import { readDateTime } from '../../../src/core/json/date-time.js';

describe('a moment as RFC 3339 has it', () => {
  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31t09:30:00.5z', '2026-01-31T09:30:00.500Z'],
    ['2026-01-31T09:30:00.123456789+02:00', '2026-01-31T07:30:00.123Z'],
    ['2024-02-29T23:59:59-11:30', '2024-03-01T11:29:59.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(readDateTime(text)).toBe(moment);
  });

  it.each([
    '',
    '1',
    '2026',
    '2026-01-31',
    '2026-01-31T09:30Z',
    '2026-01-31T09:30:00',
    '2026-01-31 09:30:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00:00+25:00',
    'Sat, 31 Jan 2026 09:30:00 GMT',
    '+002026-01-31T09:30:00Z',
    '2026-01-31T09:30:00Z\n',
  ])('%j is none', (text) => {
    expect(readDateTime(text)).toBeUndefined();
  });
});
