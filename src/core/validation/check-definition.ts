import { checkAgentUse, type KnownAgent } from './check-agent-use.js';
import { badId, checkNet, duplicates } from './check-net.js';
import { checkPlaceAgent } from './check-place-agent.js';
import {
  agentUses,
  type AgentUse,
  type PlaceAgent,
  type Transition,
  type WorkflowContent,
} from '../definitions/definition.js';
import { firstProblems, MAX_PROBLEMS } from '../json/first-problems.js';
import { shorten } from '../json/preview.js';
import type { Problem } from '../json/problem.js';
import { jsonPointer, type JsonPath } from '../json/json-pointer.js';
import { checkRollout } from './check-rollout.js';
import type { Steps } from '../steps.js';

/** Which agent a definition may name. */
export type AgentReference = Pick<AgentUse, 'agentId' | 'agentVersion'>;

/** What is known of agents when a definition is checked: whom `agentsOf` lists. */
export interface KnownAgents {
  /** The version asked for, or the newest. */
  find(agent: AgentReference): KnownAgent | undefined;
}

interface Surroundings {
  readonly agents: KnownAgents;
  /** What the definition is saved under; absent where that is not known yet. */
  readonly workflowId?: string | undefined;
}

/** Everything that is wrong with what a definition means, all together and up to 200, with pointers into it. */
export function* checkWorkflowSteps(content: WorkflowContent, surroundings: Surroundings): Steps<readonly Problem[]> {
  const found: Problem[] = [];
  for (const problem of eachProblem(content, surroundings)) {
    if (problem === undefined) yield;
    else if (found.push(problem) > MAX_PROBLEMS) break;
  }
  return firstProblems(found.values());
}

/** Undefined is said between two parts of the definition. */
function* eachProblem(content: WorkflowContent, surroundings: Surroundings): Iterable<Problem | undefined> {
  for (const name of Object.keys(content.rules)) yield* badId(name, ['rules', name]);
  yield* checkNet(content);
  for (const [index, transition] of content.transitions.entries()) {
    const pointer = jsonPointer(['transitions', index]);
    yield* checkConditions(content, transition, `${pointer}/conditions`);
    yield* checkAgent(transition.agentExecution, surroundings, `${pointer}/agentExecution`);
    yield undefined;
  }
  yield* duplicates(
    content.placeAgents.map(({ id }) => id),
    (index) => ['placeAgents', index, 'id'],
  );
  for (const [index, agent] of content.placeAgents.entries()) {
    yield* checkOnePlaceAgent(agent, content, { ...surroundings, path: ['placeAgents', index] });
    yield undefined;
  }
}

/** The agents that a definition names, each once; with a version also the newest, which tells the two mistakes apart. */
export function agentsOf(content: WorkflowContent): readonly AgentReference[] {
  const references = agentUses(content).flatMap(({ use }) => referencesOf(use));
  return [...new Map(references.map((reference) => [agentKey(reference), reference])).values()];
}

/** The agent of one use, its newest version and those that it names. */
export function referencesOf({ agentId, agentVersion, agentVersions = [] }: AgentUse): readonly AgentReference[] {
  const named = [...(agentVersion === undefined ? [] : [agentVersion]), ...agentVersions.map(({ version }) => version)];
  return [{ agentId }, ...named.map((version) => ({ agentId, agentVersion: version }))];
}

export function agentKey({ agentId, agentVersion }: AgentReference): string {
  return JSON.stringify([agentId, agentVersion ?? 'newest']);
}

/** Everything that is wrong with a place agent that comes to a workflow on its own; pointers into its own input. */
export function checkOnePlaceAgent(
  agent: PlaceAgent,
  content: Pick<WorkflowContent, 'places' | 'transitions'>,
  surroundings: Surroundings & { readonly path: JsonPath },
): readonly Problem[] {
  const { path } = surroundings;
  return [...checkPlaceAgent(agent, content, path), ...checkAgent(agent, surroundings, jsonPointer(path))];
}

function checkConditions({ rules }: WorkflowContent, transition: Transition, pointer: string): readonly Problem[] {
  return transition.conditions.flatMap((name, index) => {
    if (Object.hasOwn(rules, name)) return [];
    return [
      {
        code: 'UNKNOWN_CONDITION',
        pointer: jsonPointer([index], pointer),
        message: `\`rules\` has no rule "${shorten(name)}"`,
      },
    ];
  });
}

function checkAgent(use: AgentUse | undefined, surroundings: Surroundings, pointer: string): readonly Problem[] {
  if (use === undefined) return [];
  const { agents, workflowId } = surroundings;
  const agent = agents.find(use);
  const newest = agents.find({ agentId: use.agentId });
  const rollout = checkRollout(use, { find: (reference) => agents.find(reference), pointer });
  if (agent === undefined) return [unknownAgent(use, agents, pointer), ...checkAgentUse(use, { pointer }), ...rollout];
  const known = { agent, ...(newest === undefined ? {} : { newest }), workflowId, pointer };
  return [...checkAgentUse(use, known), ...rollout];
}

function unknownAgent({ agentId, agentVersion }: AgentUse, agents: KnownAgents, pointer: string): Problem {
  if (agentVersion === undefined || agents.find({ agentId }) === undefined) {
    return { code: 'UNKNOWN_AGENT', pointer: `${pointer}/agentId`, message: `there is no agent "${shorten(agentId)}"` };
  }
  const message = `agent "${shorten(agentId)}" has no version ${agentVersion}`;
  return { code: 'UNKNOWN_AGENT', pointer: `${pointer}/agentVersion`, message };
}
