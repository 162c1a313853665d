import { CircuitBreakerError } from '../../../core/errors.js';
import type { StoredBreaker } from '../../../storage/breaker-store.js';
import type { ResolverContext } from '../context.js';
import { withBreakers } from './shown-breakers.js';

export const providerResolvers = {
  Query: {
    llmProviders: async (_: unknown, __: unknown, { providers, storage }: ResolverContext) => {
      const [statuses, breakers] = await Promise.all([providers.check(), breakersIn(storage)]);
      return withBreakers(statuses, breakers, Date.now());
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
