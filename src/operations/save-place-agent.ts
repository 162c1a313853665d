import { agentKey, checkOnePlaceAgent } from '../core/validation/check-definition.js';
import { definitionTooLarge } from '../core/validation/definition-size.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import { parsePlaceAgentInput } from '../core/validation/definition-schema.js';
import { accepted, CircuitBreakerError, notFound, validationFailed } from '../core/errors.js';
import { isId } from '../core/ids.js';
import { jsonEquals, type JsonObject } from '../core/json/json.js';
import type { AddedPlaceAgent } from '../storage/place-agent-store.js';
import type { OperationParts } from './operation-parts.js';
import { tellPlaceAgentChanges } from './tell-place-agent-changes.js';

/**
 * Adds a place agent to a workflow: to every version, and to the tokens that are in the place already, which are told
 * in the background. The same id with the same input gives back the first one.
 */
export async function createPlaceAgent(parts: OperationParts, input: unknown): Promise<AddedPlaceAgent> {
  const { storage, now } = parts;
  const { workflowId, agent } = accepted('The place agent', parsePlaceAgentInput(input));
  const workflow = await storage.workflows.get(workflowId);
  if (workflow === undefined) throw notFound('workflow', workflowId);
  const { definition } = workflow;
  const wanted = { ...agent, id: addedId(workflowId, agent.id, input), workflowId, createdAt: now() };
  const [newest, pinned] = await Promise.all([
    storage.agents.get(agent.agentId),
    storage.agents.get(agent.agentId, agent.agentVersion),
  ]);
  const known = new Map([
    [agentKey({ agentId: agent.agentId }), newest],
    [agentKey(agent), pinned],
  ]);
  const agents = { find: (reference: Parameters<typeof agentKey>[0]) => known.get(agentKey(reference)) };
  const added = await storage.placeAgents.listForWorkflow(workflowId);
  const problems = [
    ...checkOnePlaceAgent(wanted, definition, { agents, workflowId, path: [] }),
    ...definitionTooLarge(effectiveDefinition(definition, { placeAgents: [...added, wanted], rollouts: [] })),
  ];
  if (problems.length > 0) throw validationFailed('The place agent', problems);
  if (definition.placeAgents.some(({ id }) => id === wanted.id)) throw taken(wanted.id);
  const stored = await storage.placeAgents.create(wanted);
  if (!isSame(stored, wanted)) throw taken(wanted.id);
  tellInBackground(parts);
  return stored;
}

/**
 * Removes a place agent that was added by mutation, and cancels its runs. One that belongs to a definition goes with a
 * new version of it.
 */
export async function deletePlaceAgent(parts: OperationParts, id: string): Promise<boolean> {
  const wasThere = await parts.storage.placeAgents.delete(id);
  if (wasThere) tellInBackground(parts);
  return wasThere;
}

/** Thousands of tokens may be told: nobody waits for that. What fails is told by the sweep. */
function tellInBackground(parts: OperationParts): void {
  void tellPlaceAgentChanges(parts).catch(() => undefined);
}

/** Where none is given it is called after workflow, place and agent: ids of added ones are unique across workflows. */
function addedId(workflowId: string, id: string, input: unknown): string {
  const given = typeof input === 'object' && input !== null && 'id' in input && input.id != null;
  const made = `${workflowId}:${id}`;
  return given || !isId(made) ? id : made;
}

function isSame(
  { createdAt: _then, ...stored }: AddedPlaceAgent,
  { createdAt: _now, ...wanted }: AddedPlaceAgent,
): boolean {
  return jsonEquals(asJson(stored), asJson(wanted));
}

function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function taken(id: string): CircuitBreakerError {
  return new CircuitBreakerError('ALREADY_EXISTS', `There is another place agent "${id}": give another \`id\`.`);
}
