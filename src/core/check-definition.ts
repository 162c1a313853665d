import { checkAgentTransition, type KnownAgent } from './check-agent-transition.js';
import { badId, checkNet } from './check-net.js';
import type { AgentTransition, Transition, WorkflowContent } from './definition.js';
import type { Problem } from './errors.js';
import { jsonPointer } from './json-pointer.js';

export { unprovidedVariables } from './check-agent-transition.js';

/** Which agent a definition may name. */
export type AgentReference = Pick<AgentTransition, 'agentId' | 'agentVersion'>;

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

const MAX_PROBLEMS = 200;

/** Everything that is wrong with what a definition means, all at once and up to 200, with pointers into it. */
export function checkWorkflow(content: WorkflowContent, surroundings: Surroundings): readonly Problem[] {
  const problems = [
    ...Object.keys(content.rules).flatMap((name) => badId(name, ['rules', name])),
    ...checkNet(content),
    ...content.transitions.flatMap((transition, index) => [
      ...checkConditions(content, transition, jsonPointer(['transitions', index, 'conditions'])),
      ...checkAgent(transition.agentExecution, surroundings, jsonPointer(['transitions', index, 'agentExecution'])),
    ]),
  ];
  return problems.slice(0, MAX_PROBLEMS);
}

/** The agents that a definition names, each once; with a version also the newest, which tells the two mistakes apart. */
export function agentsOf(content: WorkflowContent): readonly AgentReference[] {
  const named = content.transitions.flatMap(({ agentExecution }) => agentExecution ?? []);
  const references = named.flatMap(({ agentId, agentVersion }): AgentReference[] =>
    agentVersion === undefined ? [{ agentId }] : [{ agentId }, { agentId, agentVersion }],
  );
  return [...new Map(references.map((reference) => [agentKey(reference), reference])).values()];
}

export function agentKey({ agentId, agentVersion }: AgentReference): string {
  return JSON.stringify([agentId, agentVersion ?? 'newest']);
}

function checkConditions({ rules }: WorkflowContent, transition: Transition, pointer: string): readonly Problem[] {
  return transition.conditions.flatMap((name, index) => {
    if (Object.hasOwn(rules, name)) return [];
    return [
      { code: 'UNKNOWN_CONDITION', pointer: jsonPointer([index], pointer), message: `\`rules\` has no rule "${name}"` },
    ];
  });
}

function checkAgent(use: AgentTransition | undefined, surroundings: Surroundings, pointer: string): readonly Problem[] {
  if (use === undefined) return [];
  const { agents, workflowId } = surroundings;
  const agent = agents.find(use);
  if (agent !== undefined) return checkAgentTransition(use, { agent, workflowId, pointer });
  return [unknownAgent(use, agents, pointer), ...checkAgentTransition(use, { pointer })];
}

function unknownAgent({ agentId, agentVersion }: AgentTransition, agents: KnownAgents, pointer: string): Problem {
  if (agentVersion === undefined || agents.find({ agentId }) === undefined) {
    return { code: 'UNKNOWN_AGENT', pointer: `${pointer}/agentId`, message: `there is no agent "${agentId}"` };
  }
  const message = `agent "${agentId}" has no version ${agentVersion}`;
  return { code: 'UNKNOWN_AGENT', pointer: `${pointer}/agentVersion`, message };
}
