import { executionIdSuffix } from '../core/executions/execution-id.js';
import type { WorkflowInput } from '../core/validation/definition-schema.js';
import { withPrograms } from '../core/validation/compile-rules.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { inlineWorkflowId } from '../core/definitions/inline-workflow.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import { additionsTo } from '../operations/workflow-additions.js';
import { accepted, notFound, validationFailed } from '../core/errors.js';
import { idFromName } from '../core/ids.js';
import type { JsonObject } from '../core/json/json.js';
import { checkWorkflowInput, workflowHash } from '../operations/checked-workflow.js';
import type { DefinitionRequest, LoadedDefinition, WorkflowVersion } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

/** The definition of a token that begins: a stored one, or the one that it brings, which is stored then. */
export async function loadDefinition(parts: ActivityParts, request: DefinitionRequest): Promise<LoadedDefinition> {
  const definition =
    request.definition === undefined
      ? await storedDefinition(parts, request)
      : await inlineDefinition(parts, request.definition);
  refuseUnknownPlace(definition, request.initialPlace);
  const [earlier, prepared] = await Promise.all([
    parts.storage.tokens.originOf(request.tokenId),
    readyForUse(parts, definition),
  ]);
  const { executionTimeoutSeconds } = parts;
  const { runId } = request;
  const loaded = { definition: prepared, executionTimeoutSeconds, ...(runId === undefined ? {} : { runId }) };
  // The same run is this very life: it was recorded by a workflow task that was lost.
  const isReused = earlier !== undefined && runId !== undefined && earlier.runId !== runId;
  return isReused ? { ...loaded, executionIdSuffix: executionIdSuffix(runId) } : loaded;
}

/** The definition of a token that lives, as it is now: the place agents of its workflow may have changed. */
export async function reloadDefinition(parts: ActivityParts, version: WorkflowVersion): Promise<WorkflowDefinition> {
  return await readyForUse(parts, await storedDefinition(parts, version));
}

async function readyForUse({ storage }: ActivityParts, definition: WorkflowDefinition): Promise<WorkflowDefinition> {
  return withPrograms(effectiveDefinition(definition, await additionsTo(storage, definition.id)));
}

async function storedDefinition(
  { storage }: ActivityParts,
  request: Partial<WorkflowVersion>,
): Promise<WorkflowDefinition> {
  const { workflowId = '', workflowVersion } = request;
  const stored = await storage.workflows.get(workflowId, workflowVersion);
  if (stored !== undefined) return stored.definition;
  const version = workflowVersion === undefined ? '' : ` version ${workflowVersion}`;
  throw notFound('workflow', `${workflowId}${version}`);
}

/**
 * Under an id made from its content: it never becomes a version of a workflow that somebody saved, nor gets the agents that are
 * for that workflow alone.
 */
async function inlineDefinition({ storage, now }: ActivityParts, input: JsonObject): Promise<WorkflowDefinition> {
  const checked = await checkWorkflowInput(storage.agents, input, {
    storedAs: async (read) => (await inlined(read)).id,
  });
  const { content, ...read } = accepted('The definition', checked);
  const { id, hash } = await inlined({ content, ...read });
  const stored = await storage.workflows.save(id, content, { hash, now: now() });
  return stored.definition;
}

async function inlined({ id, content }: WorkflowInput): Promise<{ readonly id: string; readonly hash: string }> {
  const hash = await workflowHash(content);
  return { id: inlineWorkflowId(id ?? idFromName(content.name) ?? 'workflow', hash), hash };
}

function refuseUnknownPlace(definition: WorkflowDefinition, place: string | undefined): void {
  if (place === undefined || definition.places.includes(place)) return;
  const message = `there is no place "${place}" in workflow "${definition.id}"`;
  throw validationFailed('The token', [{ code: 'UNKNOWN_PLACE', pointer: '/initialPlace', message }]);
}
