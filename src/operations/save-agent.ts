import type { Agent, AgentContent } from '../core/agents/agent.js';
import { parseAgentInput } from '../core/validation/agent-schema.js';
import { unprovidedVariables } from '../core/validation/check-definition.js';
import { agentUses } from '../core/definitions/definition.js';
import { accepted, CircuitBreakerError, notFound, validationFailed } from '../core/errors.js';
import type { Problem } from '../core/json/problem.js';
import { idFromName } from '../core/ids.js';
import type { OperationParts } from './operation-parts.js';
import { NO_ID } from './save-workflow.js';

export async function createAgent({ storage, now }: OperationParts, input: unknown): Promise<Agent> {
  const { id: given, content } = accepted('The agent', parseAgentInput(input));
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
  const { content } = accepted('The agent', parseAgentInput(change.input));
  if ((await storage.agents.get(id)) === undefined) throw notFound('agent', id);
  const problems = await problemsOfUses(parts, id, content);
  if (problems.length > 0) throw validationFailed('The agent', problems);
  const { expectedVersion } = change;
  return await storage.agents.update(id, {
    content,
    now: now(),
    ...(expectedVersion == null ? {} : { expectedVersion }),
  });
}

export async function deleteAgent({ storage }: OperationParts, id: string): Promise<boolean> {
  const added = await storage.placeAgents.list({ agentId: id });
  const users = [...(await storage.workflows.usersOfAgent(id)), ...added.map((agent) => `place agent ${agent.id}`)];
  if (users.length === 0) return await storage.agents.delete(id);
  throw new CircuitBreakerError(
    'IN_USE',
    `Agent "${id}" is used by ${users.join(', ')}: change these workflows first.`,
  );
}

async function problemsOfUses(
  { storage }: OperationParts,
  id: string,
  { prompts }: AgentContent,
): Promise<readonly Problem[]> {
  const users = await storage.workflows.usersOfAgent(id);
  const workflows = await storage.workflows.getMany(users.map((user) => ({ id: user })));
  return workflows.flatMap((stored) =>
    (stored === undefined ? [] : agentUses(stored.definition)).flatMap(({ use, label }) => {
      // A use that is pinned keeps its version.
      if (use.agentId !== id || use.agentVersion !== undefined) return [];
      return unprovidedVariables(prompts, Object.keys(use.inputMapping)).map((name) => ({
        code: 'TEMPLATE_VARIABLE_UNKNOWN',
        pointer: '/prompts',
        message: `{${name}} is not provided by ${label} of workflow "${stored?.definition.id ?? ''}"`,
      }));
    }),
  );
}
