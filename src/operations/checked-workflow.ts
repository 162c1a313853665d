import { createHash } from 'node:crypto';

import { agentKey, agentsOf, checkWorkflowSteps, type KnownAgents } from '../core/validation/check-definition.js';
import { workflowInputSteps, type WorkflowInput } from '../core/validation/definition-schema.js';
import type { Agent } from '../core/agents/agent.js';
import type { WorkflowContent } from '../core/definitions/definition.js';
import { firstProblems } from '../core/json/first-problems.js';
import { idFromName } from '../core/ids.js';
import { canonicalJsonSteps, type JsonObject } from '../core/json/json.js';
import type { Parsed } from '../core/json/parsed.js';
import type { AgentStore } from '../storage/agent-store.js';
import { inTurns, type Perform } from './in-turns.js';

/** Each with prompts of up to a megabyte. */
const AGENTS_AT_ONCE = 20;

export interface WorkflowChecking {
  readonly perform?: Perform;
  /** What it is stored under: whom its agents are asked about. Absent: its id, or the one that its name makes. */
  readonly storedAs?: (input: WorkflowInput) => string | undefined | Promise<string>;
}

/** Reads a workflow definition and finds everything that is wrong with it, also with the agents that it names. */
export async function checkWorkflowInput(
  agents: Pick<AgentStore, 'getMany'>,
  input: unknown,
  { perform = inTurns, storedAs = ({ id, content }) => id ?? idFromName(content.name) }: WorkflowChecking = {},
): Promise<Parsed<WorkflowInput>> {
  const parsed = await perform(workflowInputSteps(input));
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  if (read === undefined) return parsed;
  const { content } = read;
  const workflowId = await storedAs(read);
  const known = await knownAgents(agents, content);
  const found = await perform(checkWorkflowSteps(content, { agents: known, workflowId }));
  const problems = [...('value' in parsed ? [] : parsed.problems), ...found];
  return problems.length > 0 ? { problems: firstProblems(problems) } : parsed;
}

/** SHA-256 of the canonical content: equal content, equal hash. */
export async function workflowHash(content: WorkflowContent, perform = inTurns): Promise<string> {
  const json = JSON.parse(JSON.stringify(content)) as JsonObject;
  return createHash('sha256')
    .update(await perform(canonicalJsonSteps(json)))
    .digest('hex');
}

async function knownAgents(agents: Pick<AgentStore, 'getMany'>, content: WorkflowContent): Promise<KnownAgents> {
  const named = agentsOf(content);
  const known = new Map<string, Agent | undefined>();
  for (let from = 0; from < named.length; from += AGENTS_AT_ONCE) {
    const some = named.slice(from, from + AGENTS_AT_ONCE);
    const found = await agents.getMany(
      some.map(({ agentId, agentVersion }) => ({ id: agentId, version: agentVersion })),
    );
    for (const [index, agent] of some.entries()) known.set(agentKey(agent), found[index]);
  }
  return { find: (agent) => known.get(agentKey(agent)) };
}
