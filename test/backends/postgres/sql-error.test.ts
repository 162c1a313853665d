import { describe, expect, it } from 'vitest';

import { sqlError } from '../../../src/backends/postgres/sql-error.js';

function said(code: string): unknown {
  return sqlError(Object.assign(new Error('it says so'), { code }), 'PostgreSQL');
}

describe("a driver's error", () => {
  it.each(['22P02', '22P05', '22021', '22001', '22003', '54000', '54001', '23502', '23514'])(
    'that no repetition of the same values mends is STORAGE_REFUSED: %s',
    (code) => {
      expect(said(code)).toMatchObject({ code: 'STORAGE_REFUSED', message: expect.stringContaining(code) as string });
    },
  );

  it.each(['08006', '53100', '53200', '57P01', 'ECONNREFUSED', ''])(
    'that another try may mend is UNAVAILABLE: %s',
    (code) => {
      expect(said(code)).toMatchObject({ code: 'UNAVAILABLE' });
    },
  );

  it.each([
    ['08006', 'cannot be reached'],
    ['53100', 'Its disk is full'],
    ['58030', 'cannot use its disk'],
    ['25006', 'takes no writes'],
  ])('of a server that cannot be used says what is the matter with it: %s', (code, what) => {
    expect(said(code)).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(what) as string });
  });

  it('that says that a version is there already is VERSION_CONFLICT', () => {
    expect(said('23505')).toMatchObject({ code: 'VERSION_CONFLICT' });
  });

  it.each(['40001', '40P01', '42P01', '57014', 'XX000'])(
    'that says nothing of the values is repeated as it is, without the statement: %s',
    (code) => {
      expect(said(code)).not.toHaveProperty('code');
    },
  );
});
