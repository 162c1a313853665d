import type { ResolverContext } from '../context.js';

export const providerResolvers = {
  Query: {
    llmProviders: (_: unknown, _args: unknown, { providers }: ResolverContext) => providers.check(),
  },
};
