import { describe, expect, it } from 'vitest';

import { withoutPatches } from '../../../src/core/tokens/without-patches.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';

describe('a token that is shown', () => {
  it('has nothing that a fire brought and no transition has taken', () => {
    const patch = { text: 'brought' };
    const pending = { transitionId: 'review', executionId: 'e', since: NOW };
    const incident = { code: 'auth', message: 'no', since: NOW } as const;
    const token = aToken(aDefinition(), { data: { kept: 1 } });
    const shown = withoutPatches({ ...token, pending: { ...pending, patch }, incident: { ...incident, patch } });
    expect(shown).toEqual({ ...token, pending, incident });
  });

  it('is itself where nothing was brought', () => {
    const token = aToken(aDefinition());
    expect(withoutPatches(token)).toEqual(token);
  });
});
