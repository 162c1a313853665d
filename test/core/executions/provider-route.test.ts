import { describe, expect, it } from 'vitest';

import { nextStop, providerRoute } from '../../../src/core/executions/provider-route.js';
import { aProvider } from '../../support/model-request.js';

const llmProvider = aProvider({ model: 'own' });
const other = (model: string) => ({ llmProvider: aProvider({ model }) });

describe('the way of a turn through its providers', () => {
  it('begins with the model of the use, and leaves out a fallback that is the same', () => {
    const route = providerRoute({ llmProvider, fallbacks: [other('a'), other('b')] }, 'a');
    expect(route.map(({ provider }) => provider.model)).toEqual(['a', 'b']);
  });

  it('leaves out a fallback that does not take what is to be sent, but never the agent’s own provider', () => {
    const route = providerRoute({ llmProvider, fallbacks: [other('a')] }, 'own', () => false);
    expect(route.map(({ provider }) => provider.model)).toEqual(['own']);
  });

  it('goes to the first fallback behind that is for the code, and never back', () => {
    const fallbacks = [{ ...other('a'), on: ['context_length' as const] }, other('b'), other('c')];
    const route = providerRoute({ llmProvider, fallbacks }, 'own');
    expect(nextStop(route, 0, 'overloaded')).toBe(2);
    expect(nextStop(route, 0, 'context_length')).toBe(1);
    expect(nextStop(route, 2, 'overloaded')).toBe(3);
    expect(nextStop(route, 2, 'context_length')).toBeUndefined();
    expect(nextStop(route, 0, 'worker_shutdown')).toBeUndefined();
  });
});
