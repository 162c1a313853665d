import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';
import { runClient } from '../run-client.js';

const PURGE = 'mutation ($agentId: String!) { purgeCache(agentId: $agentId) }';

/** Removes the answers of an agent that are kept to be given again. */
export async function purgeCache(request: CommandRequest): Promise<void> {
  await runClient(request, async ({ api, say }) => {
    const [agentId] = neededOperands(request, 'AGENT');
    const { purgeCache: removed } = await api.query<{ readonly purgeCache: number }>(PURGE, { agentId });
    if (request.flags.has('json')) say(visibleJson({ agentId, removed }));
    else
      say(
        removed === 0 ? `No answers of ${agentId} were kept.` : `Answers of ${agentId} that were removed: ${removed}.`,
      );
    return 0;
  });
}
