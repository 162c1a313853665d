import { sharedToolServers, SILENT_WORKER_MS } from '../../../core/agents/tool-server.js';
import type { ResolverContext } from '../context.js';

export const toolResolvers = {
  Query: {
    toolServers: (_: unknown, __: unknown, { storage, work }: ResolverContext) =>
      work.once('tool servers', async () =>
        sharedToolServers(await storage.tools.servers(), new Date(Date.now() - SILENT_WORKER_MS).toISOString()),
      ),
  },
};
