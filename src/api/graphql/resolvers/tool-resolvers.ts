import { sharedToolServers } from '../../../core/agents/tool-server.js';
import type { ResolverContext } from '../context.js';

/** Workers say every minute how their servers are: see `compose/offer-tools`. */
const SILENT_MS = 150_000;

export const toolResolvers = {
  Query: {
    toolServers: (_: unknown, __: unknown, { storage, work }: ResolverContext) =>
      work.once('tool servers', async () =>
        sharedToolServers(await storage.tools.servers(), new Date(Date.now() - SILENT_MS).toISOString()),
      ),
  },
};
