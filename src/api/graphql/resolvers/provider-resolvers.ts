import type { ResolverContext } from '../context.js';

export const providerResolvers = {
  Query: {
    llmProviders: (_: unknown, __: unknown, { providers }: ResolverContext) => providers.check(),
  },
};
