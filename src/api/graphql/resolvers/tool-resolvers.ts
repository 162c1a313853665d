import type { ResolverContext } from '../context.js';

export const toolResolvers = {
  Query: {
    toolServers: (_: unknown, __: unknown, { storage, work }: ResolverContext) =>
      work.once('tool servers', () => storage.tools.servers()),
  },
};
