import type { Agent } from '../core/agents/agent.js';
import { DEFINITIONS_IN_MEMORY } from '../core/definitions/definition-limits.js';
import { agentUses, type AgentUse, type WorkflowDefinition } from '../core/definitions/definition.js';
import { CircuitBreakerError } from '../core/errors.js';
import { firstProblems, MAX_PROBLEMS } from '../core/json/first-problems.js';
import { listed } from '../core/json/listed.js';
import type { Problem } from '../core/json/problem.js';
import { checkPermission, checkPrompted, type KnownAgent } from '../core/validation/check-agent-use.js';
import type { AddedPlaceAgent } from '../storage/place-agent-store.js';
import type { Storage } from '../storage/storage.js';
import { nextTurn } from './in-turns.js';
import type { OperationParts } from './operation-parts.js';

/** How many are read together; most take a few hundred bytes. */
const PLACE_AGENTS_IN_MEMORY = 50;
const HELD_BY_TOKENS =
  'Active tokens have that version: let them end, cancel them, or migrate them to a version that fits, or give the change to an agent of another id';
/** Uses that a refusal names. */
const MAX_NAMED = 20;

/** What is about to go in the same step, and uses no agent any more. */
export interface Leaving {
  /** By id. Their newest versions stay where active tokens have them. */
  readonly replacedWorkflows?: readonly string[];
  readonly deletedPlaceAgents?: readonly string[];
}

/** Throws IN_USE when a workflow that is in use names the agent. */
export async function refuseUsed(
  { storage }: Pick<OperationParts, 'storage'>,
  id: string,
  leaving: Leaving = {},
): Promise<void> {
  const labels: string[] = [];
  let left = 0;
  for await (const { uses, following } of usesOf(storage, id, leaving)) {
    labels.push(...uses.map(({ label }) => label));
    left = following;
    if (labels.length > MAX_NAMED) break;
  }
  if (labels.length === 0) return;
  const more = left === 0 ? '' : `, and in ${left} more versions of workflows`;
  throw new CircuitBreakerError(
    'IN_USE',
    `Agent "${id}" is used by ${listed(labels, { separator: ', ', most: MAX_NAMED })}${more}: change these first.`,
  );
}

/**
 * What would be wrong with the uses of an agent after a change. A use that is pinned to a version keeps its prompts, and not
 * who may use it.
 */
export async function problemsOfUses(
  { storage }: Pick<OperationParts, 'storage'>,
  { id, prompts, allowedWorkflows }: Pick<Agent, 'id' | 'prompts' | 'allowedWorkflows'>,
  leaving: Leaving = {},
): Promise<readonly Problem[]> {
  const agent = { id, prompts, ...(allowedWorkflows === undefined ? {} : { allowedWorkflows }) };
  const problems: Problem[] = [];
  const { replacedWorkflows = [] } = leaving;
  for await (const { uses } of usesOf(storage, id, leaving)) {
    const older = (workflowId: string) => replacedWorkflows.includes(workflowId);
    problems.push(...problemsOf(uses, agent, older));
    if (problems.length > MAX_PROBLEMS) break;
  }
  return firstProblems(problems.values());
}

/** Of a workflow that is `replaced` only versions are left that active tokens have. */
function* problemsOf(
  uses: readonly LabelledUse[],
  agent: KnownAgent,
  isReplaced: (workflowId: string) => boolean,
): Iterable<Problem> {
  for (const { use, workflowId, label } of uses) {
    const forbidden = checkPermission(agent, workflowId, '').map((found) => ({
      ...found,
      pointer: '/allowedWorkflows',
    }));
    const prompted = use.agentVersion === undefined ? checkPrompted(use, agent, '') : [];
    const unfilled = prompted.map((found) => ({ ...found, pointer: '/prompts' }));
    const advice = isReplaced(workflowId) ? `. ${HELD_BY_TOKENS}` : '';
    for (const found of [...forbidden, ...unfilled]) yield { ...found, message: `${label}: ${found.message}${advice}` };
  }
}

/**
 * Every use of an agent that is alive: in workflows, in older versions that tokens still have, and in places by themselves.
 * Few definitions at a time, since each may be large, and in between everything else has its turn.
 */
async function* usesOf(
  storage: Storage,
  id: string,
  { replacedWorkflows: replaced = [], deletedPlaceAgents = [] }: Leaving,
): AsyncGenerator<UsesPart> {
  let seen = 0;
  for (let after: WorkflowDefinition | undefined; ;) {
    const page = { first: DEFINITIONS_IN_MEMORY, replaced, ...(after === undefined ? {} : { after }) };
    const { users, total } = await storage.workflows.usersOfAgent(id, page);
    seen += users.length;
    after = users.at(-1)?.definition;
    const following = users.length < DEFINITIONS_IN_MEMORY ? 0 : Math.max(total - seen, 0);
    yield { uses: users.flatMap(({ definition }) => usesIn(definition, id)), following };
    if (following === 0 || after === undefined) break;
    await nextTurn();
  }
  for (let after: AddedPlaceAgent | undefined; ;) {
    const page = { first: PLACE_AGENTS_IN_MEMORY, ...(after === undefined ? {} : { after }) };
    const added = await storage.placeAgents.list({ agentId: id }, page);
    after = added.at(-1);
    const staying = added.filter(({ id: each }) => !deletedPlaceAgents.includes(each));
    yield { uses: staying.map(useInPlace), following: 0 };
    if (added.length < PLACE_AGENTS_IN_MEMORY || after === undefined) return;
    await nextTurn();
  }
}

function useInPlace(use: AddedPlaceAgent): LabelledUse {
  const { id, workflowId } = use;
  return { use, workflowId, label: `place agent "${id}" of workflow "${workflowId}"` };
}

function usesIn(definition: WorkflowDefinition, agentId: string): readonly LabelledUse[] {
  const { id: workflowId, version } = definition;
  return agentUses(definition)
    .filter(({ use }) => use.agentId === agentId)
    .map(({ use, label }) => ({ use, workflowId, label: `${label} of workflow "${workflowId}" version ${version}` }));
}

interface UsesPart {
  readonly uses: readonly LabelledUse[];
  /** How many versions of workflows come after these. */
  readonly following: number;
}

interface LabelledUse {
  readonly use: AgentUse;
  readonly workflowId: string;
  readonly label: string;
}
