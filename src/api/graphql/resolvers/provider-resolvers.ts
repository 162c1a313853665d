import { CircuitBreakerError } from '../../../core/errors.js';
import type { StoredBreaker } from '../../../storage/breaker-store.js';
import type { ResolverContext } from '../context.js';
import { withBreakers } from './shown-breakers.js';

export const providerResolvers = {
  Query: {
    llmProviders: async (_: unknown, __: unknown, { caller, providers, storage }: ResolverContext) => {
      const [statuses, breakers] = await Promise.all([providers.check(), breakersIn(storage)]);
      const shown = withBreakers(statuses, breakers, Date.now());
      // How keys stand says what others do with them.
      return caller.workflows === undefined ? shown : shown.map((status) => ({ ...status, keys: [] }));
    },
  },
};

/** Null where storage does not answer: the accounts can be asked all the same. */
async function breakersIn({ breakers }: ResolverContext['storage']): Promise<readonly StoredBreaker[] | null> {
  try {
    return await breakers.list();
  } catch (error) {
    if (error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE') return null;
    throw error;
  }
}
