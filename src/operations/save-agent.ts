import type { Agent } from '../core/agents/agent.js';
import { accepted, notFound, validationFailed } from '../core/errors.js';
import { idFromName } from '../core/ids.js';
import { problemsOfUses, refuseUsed } from './agent-uses.js';
import { checkAgentInput } from './checked-agent.js';
import type { OperationParts } from './operation-parts.js';
import { NO_ID } from './save-workflow.js';

export async function createAgent(parts: OperationParts, input: unknown): Promise<Agent> {
  const { storage, now } = parts;
  const { id: given, content } = accepted('The agent', await checkAgentInput(parts, input));
  const id = given ?? idFromName(content.name);
  if (id === undefined) throw validationFailed('The agent', [NO_ID]);
  return await storage.agents.create(id, content, now());
}

/** Makes the next version, unless a workflow that uses the agent lacks what its prompts ask for. */
export async function updateAgent(
  parts: OperationParts,
  id: string,
  change: { input: unknown; expectedVersion?: number | null },
): Promise<Agent> {
  const { storage, now } = parts;
  const { content } = accepted('The agent', await checkAgentInput(parts, change.input));
  if ((await storage.agents.get(id)) === undefined) throw notFound('agent', id);
  const problems = await problemsOfUses(parts, { ...content, id });
  if (problems.length > 0) throw validationFailed('The agent', problems);
  const { expectedVersion } = change;
  return await storage.agents.update(id, {
    content,
    now: now(),
    ...(expectedVersion == null ? {} : { expectedVersion }),
  });
}

/** Deletes an agent. Throws IN_USE when a workflow that is in use names it. */
export async function deleteAgent(parts: OperationParts, id: string): Promise<boolean> {
  await refuseUsed(parts, id);
  return await parts.storage.agents.delete(id);
}
