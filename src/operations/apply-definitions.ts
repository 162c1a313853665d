import type { Agent } from '../core/agents/agent.js';
import { CircuitBreakerError } from '../core/errors.js';
import { isId } from '../core/ids.js';
import type { DefinitionChanges } from '../storage/definition-store.js';
import type { StoredWorkflow } from '../storage/workflow-store.js';
import { refuseUsed } from './agent-uses.js';
import {
  judgeDefinitions,
  type ContentChange,
  type DefinitionsInput,
  type JudgedDefinitions,
} from './judge-definitions.js';
import type { OperationParts } from './operation-parts.js';
import { tellPlaceAgentChanges } from './tell-place-agent-changes.js';

/** What became of one definition, or would become of it. */
export interface AppliedDefinition {
  readonly id: string;
  /** Absent: it is deleted, or has none. */
  readonly version?: number;
  readonly change: ContentChange | 'DELETED' | 'KEPT';
  /** Why it is kept. */
  readonly reason?: string;
}

/** Each list in the order of the input, with what is deleted behind it. */
export interface AppliedDefinitions {
  readonly agents: readonly AppliedDefinition[];
  readonly workflows: readonly AppliedDefinition[];
  readonly placeAgents: readonly AppliedDefinition[];
}

/** Others may store new versions at the same moment, again and again. */
const MOST_TRIES = 5;

/**
 * Judges definitions together, as they will be when all of them are there, and saves them in one step: all, or nothing. Content that
 * is there already makes no new version, so that it can be done again. With `dryRun` nothing is saved.
 * Throws VALIDATION_FAILED with all problems, VERSION_CONFLICT where others keep changing the same definitions.
 */
export async function applyDefinitions(
  parts: OperationParts,
  input: DefinitionsInput,
  { dryRun }: { readonly dryRun: boolean },
): Promise<AppliedDefinitions> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const judged = await judgeDefinitions(parts, input);
    const { changes, kept } = await changesOf(parts, judged, input);
    if (dryRun || isNothing(changes)) return resultOf(judged, changes, kept);
    if (!(await parts.storage.definitions.save(changes))) continue;
    // Thousands of tokens may be told: nobody waits for that. What fails is told by the sweep.
    if (changes.deletedPlaceAgents.length > 0) void tellPlaceAgentChanges(parts).catch(() => undefined);
    return resultOf(judged, changes, kept);
  }
  const message = 'Others are changing the same definitions: nothing was saved. Look at what they do, and apply again.';
  throw new CircuitBreakerError('VERSION_CONFLICT', message);
}

async function changesOf(
  parts: OperationParts,
  { agents, workflows }: JudgedDefinitions,
  { deleteAgents, deletePlaceAgents }: DefinitionsInput,
): Promise<{ readonly changes: DefinitionChanges; readonly kept: readonly AppliedDefinition[] }> {
  const { storage } = parts;
  const isThere = async (id: string) => (await storage.placeAgents.get(id)) !== undefined;
  const deletedPlaceAgents: string[] = [];
  // What is no id is the id of nothing.
  for (const id of new Set(deletePlaceAgents.filter(isId))) if (await isThere(id)) deletedPlaceAgents.push(id);
  const ids = [...new Set(deleteAgents.filter(isId))];
  const found = await storage.agents.getMany(ids.map((id) => ({ id })));
  const replacedWorkflows = workflows.map(({ stored }) => stored.definition.id);
  const deletedAgents: string[] = [];
  const kept: AppliedDefinition[] = [];
  for (const agent of found) {
    if (agent === undefined) continue;
    const reason = await reasonToKeep(refuseUsed(parts, agent.id, { replacedWorkflows, deletedPlaceAgents }));
    if (reason === undefined) deletedAgents.push(agent.id);
    else kept.push({ ...applied(agent, 'KEPT'), reason });
  }
  const changes = {
    agents: agents.filter(({ change }) => change !== 'UNCHANGED').map(({ agent }) => agent),
    workflows: workflows.filter(({ change }) => change !== 'UNCHANGED').map(({ stored }) => stored),
    deletedAgents,
    deletedPlaceAgents,
  };
  return { changes, kept };
}

async function reasonToKeep(refused: Promise<void>): Promise<string | undefined> {
  try {
    await refused;
    return undefined;
  } catch (error) {
    if (error instanceof CircuitBreakerError && error.code === 'IN_USE') return error.message;
    throw error;
  }
}

function isNothing({ agents, workflows, deletedAgents, deletedPlaceAgents }: DefinitionChanges): boolean {
  return [agents, workflows, deletedAgents, deletedPlaceAgents].every(({ length }) => length === 0);
}

function resultOf(
  { agents, workflows }: JudgedDefinitions,
  { deletedAgents, deletedPlaceAgents }: DefinitionChanges,
  kept: readonly AppliedDefinition[],
): AppliedDefinitions {
  const deleted = (id: string): AppliedDefinition => ({ id, change: 'DELETED' });
  return {
    agents: [...agents.map(({ agent, change }) => applied(agent, change)), ...deletedAgents.map(deleted), ...kept],
    workflows: workflows.map(({ stored, change }) => applied(stored.definition, change)),
    placeAgents: deletedPlaceAgents.map(deleted),
  };
}

function applied(
  { id, version }: Agent | StoredWorkflow['definition'],
  change: ContentChange | 'KEPT',
): AppliedDefinition {
  return { id, version, change };
}
