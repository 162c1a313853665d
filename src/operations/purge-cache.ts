import { notFound } from '../core/errors.js';
import type { OperationParts } from './operation-parts.js';

/**
 * Removes the answers that executions of an agent were given: nobody is given them again, and neither those of calls that are under
 * way. Resolves with how many there were. Throws NOT_FOUND where there is no agent, and never was one that left answers.
 */
export async function purgeCache({ storage }: Pick<OperationParts, 'storage'>, agentId: string): Promise<number> {
  const removed = await storage.answerCache.purge(agentId);
  if (removed === 0 && (await storage.agents.get(agentId)) === undefined) throw notFound('agent', agentId);
  return removed;
}
