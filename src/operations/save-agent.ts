import type { Agent, AgentContent } from '../core/agents/agent.js';
import { checkAgentFits, type KnownAgent } from '../core/validation/check-agent-use.js';
import { agentUses, type AgentUse } from '../core/definitions/definition.js';
import { accepted, CircuitBreakerError, notFound, validationFailed } from '../core/errors.js';
import { firstProblems } from '../core/json/first-problems.js';
import { listed } from '../core/json/listed.js';
import type { Problem } from '../core/json/problem.js';
import { idFromName } from '../core/ids.js';
import { checkAgentInput } from './checked-agent.js';
import type { OperationParts } from './operation-parts.js';
import { NO_ID } from './save-workflow.js';

export async function createAgent({ storage, schemas, now }: OperationParts, input: unknown): Promise<Agent> {
  const { id: given, content } = accepted('The agent', await checkAgentInput(schemas, input));
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
  const { storage, schemas, now } = parts;
  const { content } = accepted('The agent', await checkAgentInput(schemas, change.input));
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

/** Deletes an agent. Throws IN_USE when a workflow that is in use names it. */
export async function deleteAgent(parts: OperationParts, id: string): Promise<boolean> {
  const users = (await usesOf(parts, id)).map(({ label }) => label);
  if (users.length === 0) return await parts.storage.agents.delete(id);
  throw new CircuitBreakerError(
    'IN_USE',
    `Agent "${id}" is used by ${listed(users, { separator: ', ' })}: change these first.`,
  );
}

/**
 * What would be wrong with the uses of an agent after a change. A use that is pinned to a version is not touched by
 * it.
 */
async function problemsOfUses(
  parts: OperationParts,
  id: string,
  { prompts, allowedWorkflows }: AgentContent,
): Promise<readonly Problem[]> {
  const agent = { id, prompts, ...(allowedWorkflows === undefined ? {} : { allowedWorkflows }) };
  const uses = (await usesOf(parts, id)).filter(({ use }) => use.agentVersion === undefined);
  return firstProblems(problemsOf(uses, agent));
}

function* problemsOf(uses: readonly LabelledUse[], agent: KnownAgent): Iterable<Problem> {
  for (const { use, workflowId, label } of uses) {
    for (const { code, message } of checkAgentFits(use, { agent, workflowId, pointer: '' })) {
      const pointer = code === 'AGENT_FORBIDDEN' ? '/allowedWorkflows' : '/prompts';
      yield { code, pointer, message: `${label}: ${message}` };
    }
  }
}

/** Every use of an agent that is alive: in workflows, in older versions that tokens still have, and in places by themselves. */
async function usesOf({ storage }: OperationParts, id: string): Promise<readonly LabelledUse[]> {
  const [workflows, added] = await Promise.all([
    storage.workflows.usersOfAgent(id),
    storage.placeAgents.list({ agentId: id }),
  ]);
  return [
    ...workflows.flatMap(({ definition }) =>
      agentUses(definition).map(({ use, label }) => ({
        use,
        workflowId: definition.id,
        label: `${label} of workflow "${definition.id}" version ${definition.version}`,
      })),
    ),
    ...added.map((use) => ({
      use,
      workflowId: use.workflowId,
      label: `place agent "${use.id}" of workflow "${use.workflowId}"`,
    })),
  ].filter(({ use }) => use.agentId === id);
}

interface LabelledUse {
  readonly use: AgentUse;
  readonly workflowId: string;
  readonly label: string;
}
