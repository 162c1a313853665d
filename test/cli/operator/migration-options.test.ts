import { describe, expect, it } from 'vitest';

import { migrationOptions } from '../../../src/cli/operator/migration-options.js';

describe('what migrate is told', () => {
  it('is two versions, and places that are called otherwise', () => {
    const options = { from: '1', to: '2', map: 'draft=drafted,sent=filed' };
    expect(migrationOptions({ options })).toEqual({
      fromVersion: 1,
      toVersion: 2,
      placeMapping: [
        { from: 'draft', to: 'drafted' },
        { from: 'sent', to: 'filed' },
      ],
    });
    expect(migrationOptions({ options: { from: '2', to: '1' } }).placeMapping).toEqual([]);
  });

  it.each([
    [{ to: '2' }, '--from must be a version of the workflow, such as 1;'],
    [{ from: '1' }, '--to must be'],
    [{ from: '1', to: 'two' }, '--to must be'],
    [{ from: '0', to: '2' }, '--from must be'],
    [{ from: '1', to: '2147483648' }, '--to must be'],
    [{ from: '1', to: '2', map: 'draft' }, '--map must be OLD=NEW, two places, and not "draft".'],
    [{ from: '1', to: '2', map: 'a=b=c' }, '--map must be'],
    [{ from: '1', to: '2', map: '=b' }, '--map must be'],
  ])('is refused in one line where it makes no sense: %o', (options, message) => {
    expect(() => migrationOptions({ options })).toThrow(message);
  });
});
