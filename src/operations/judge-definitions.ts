import type { Agent } from '../core/agents/agent.js';
import { validationFailed } from '../core/errors.js';
import { idFromName } from '../core/ids.js';
import { MAX_PROBLEMS } from '../core/json/first-problems.js';
import { jsonLength } from '../core/json/json-length.js';
import { canonicalJson, type JsonObject } from '../core/json/json.js';
import type { Problem } from '../core/json/problem.js';
import type { AgentInput } from '../core/validation/agent-schema.js';
import type { WorkflowInput } from '../core/validation/definition-schema.js';
import { sameAgentContent } from '../storage/agent-content.js';
import type { AgentStore } from '../storage/agent-store.js';
import type { StoredWorkflow } from '../storage/workflow-store.js';
import { problemsOfUses } from './agent-uses.js';
import { checkAgentInput } from './checked-agent.js';
import { checkWorkflowInput, workflowHash } from './checked-workflow.js';
import { nextTurn } from './in-turns.js';
import type { OperationParts } from './operation-parts.js';
import { NO_ID } from './save-workflow.js';

/** As many as a folder may have. */
const MOST_DEFINITIONS = 10_000;

/** Of one of them, as JSON: as much as a request by itself may have. */
const MOST_BYTES = 1024 * 1024;
const TOO_LARGE = {
  problems: [
    { code: 'DEFINITION_TOO_LARGE', pointer: '', message: `it takes more than ${MOST_BYTES} bytes as JSON` } as const,
  ],
};

/** As they come from outside: not judged yet. */
export interface DefinitionsInput {
  readonly agents: readonly unknown[];
  readonly workflows: readonly unknown[];
  /** Ids. Those that are not there are passed over, and those that something needs are kept. */
  readonly deleteAgents: readonly string[];
  /** Ids of those that were added by mutation. */
  readonly deletePlaceAgents: readonly string[];
}

/** Of what a definition has. */
export type ContentChange = 'CREATED' | 'CHANGED' | 'UNCHANGED';

export interface JudgedAgent {
  /** As it is, or as its next version will be. */
  readonly agent: Agent;
  readonly change: ContentChange;
  /** What it is now. */
  readonly before?: Agent;
}

export interface JudgedWorkflow {
  readonly stored: StoredWorkflow;
  readonly change: ContentChange;
}

/** In the order of the input. */
export interface JudgedDefinitions {
  readonly agents: readonly JudgedAgent[];
  readonly workflows: readonly JudgedWorkflow[];
}

/**
 * Judges definitions as they will be together: workflows by the agents that come with them, agents by the workflows. Throws
 * VALIDATION_FAILED; pointers lead into the input, such as `/workflows/3/places`. Workflows are judged where all agents are well:
 * what is told of a broken agent is not told again of those that name it.
 */
export async function judgeDefinitions(parts: OperationParts, input: DefinitionsInput): Promise<JudgedDefinitions> {
  const count = input.agents.length + input.workflows.length;
  if (count > MOST_DEFINITIONS) {
    const message = `there are ${count} definitions; the most is ${MOST_DEFINITIONS}: apply a part of them at a time`;
    throw validationFailed('What is to be applied', [{ code: 'OUT_OF_RANGE', pointer: '', message }]);
  }
  const agents = await judgeAgents(parts, input);
  const known = new ComingAgents(parts.storage.agents, agents, input.deleteAgents);
  const { workflows, problems } = await judgeWorkflows(parts, input, known);
  const leaving = {
    replacedWorkflows: workflows.map(({ stored }) => stored.definition.id),
    deletedPlaceAgents: input.deletePlaceAgents,
  };
  for (const [index, judged] of agents.entries()) {
    if (problems.length > MAX_PROBLEMS) break;
    if (!asksForMore(judged)) continue;
    problems.push(...within(`/agents/${index}`, await problemsOfUses(parts, judged.agent, leaving)));
  }
  if (problems.length > 0) throw validationFailed('What is to be applied', problems);
  return { agents, workflows };
}

async function judgeAgents(
  parts: OperationParts,
  { agents: inputs, deleteAgents }: DefinitionsInput,
): Promise<readonly JudgedAgent[]> {
  const { storage, now } = parts;
  const { read, problems } = await readAll<AgentInput>('agents', inputs, (input) => checkAgentInput(parts, input));
  for (const [index, { id }] of read.entries()) {
    if (!deleteAgents.includes(id)) continue;
    const message = `agent "${id}" is to be deleted as well`;
    problems.push({ code: 'INVALID_VALUE', pointer: `/agents/${index}/id`, message });
  }
  if (problems.length > 0) throw validationFailed('What is to be applied', problems);
  const ids = read.map(({ id }) => ({ id }));
  const newest = await storage.agents.getMany(ids);
  const last = await storage.agents.getManyEver(ids);
  return read.map(({ id, content }, index): JudgedAgent => {
    const before = newest[index];
    if (before !== undefined && sameAgentContent(before, content))
      return { agent: before, before, change: 'UNCHANGED' };
    const version = (last[index]?.version ?? 0) + 1;
    const time = now();
    const agent: Agent = { ...content, id, version, createdAt: before?.createdAt ?? time, updatedAt: time };
    return before === undefined ? { agent, change: 'CREATED' } : { agent, before, change: 'CHANGED' };
  });
}

/** Whether an agent may lack something in workflows that were well with it. */
function asksForMore({ agent, before }: JudgedAgent): boolean {
  if (before === undefined) return false;
  const askedBy = ({ prompts, allowedWorkflows }: Agent) =>
    canonicalJson(JSON.parse(JSON.stringify({ prompts, allowedWorkflows })) as JsonObject);
  return askedBy(agent) !== askedBy(before);
}

async function judgeWorkflows(
  { storage, now }: OperationParts,
  { workflows: inputs }: DefinitionsInput,
  agents: ComingAgents,
): Promise<{ readonly workflows: readonly JudgedWorkflow[]; readonly problems: Problem[] }> {
  const { read, problems } = await readAll<WorkflowInput>('workflows', inputs, (input) =>
    checkWorkflowInput(agents, input),
  );
  const newest = await storage.workflows.getMany(read.map(({ id }) => ({ id })));
  const workflows: JudgedWorkflow[] = [];
  for (const [index, { id, content }] of read.entries()) {
    const hash = await workflowHash(content);
    const before = newest[index];
    const definition = { ...content, id, version: (before?.definition.version ?? 0) + 1 };
    if (before?.hash === hash) workflows.push({ stored: before, change: 'UNCHANGED' });
    else {
      const change = before === undefined ? 'CREATED' : 'CHANGED';
      workflows.push({ stored: { definition, hash, createdAt: now() }, change });
    }
  }
  return { workflows, problems };
}

type Named<Input> = Input & { readonly id: string };

/** Reads one after the other, until there are as many problems as are told. Those that are well have an id, which none has twice. */
async function readAll<Input extends AgentInput | WorkflowInput>(
  kind: 'agents' | 'workflows',
  inputs: readonly unknown[],
  read: (input: unknown) => Promise<{ value: Input } | { problems: readonly Problem[] }>,
): Promise<{ readonly read: readonly Named<Input>[]; readonly problems: Problem[] }> {
  const problems: Problem[] = [];
  const found = new Map<string, Named<Input>>();
  for (const [index, input] of inputs.entries()) {
    if (problems.length > MAX_PROBLEMS) break;
    await nextTurn();
    const at = `/${kind}/${index}`;
    const parsed = jsonLength(input, MOST_BYTES) > MOST_BYTES ? TOO_LARGE : await read(input);
    if ('problems' in parsed) {
      problems.push(...within(at, parsed.problems));
      continue;
    }
    const { value } = parsed;
    const id = value.id ?? idFromName(value.content.name);
    if (id === undefined) problems.push(...within(at, [NO_ID]));
    else if (found.has(id)) {
      problems.push({ code: 'DUPLICATE_ID', pointer: `${at}/id`, message: `there is another "${id}" among them` });
    } else found.set(id, { ...value, id });
  }
  return { read: [...found.values()], problems };
}

function within(at: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, pointer: `${at}${problem.pointer}` }));
}

/** The agents as they will be. */
class ComingAgents implements Pick<AgentStore, 'getMany'> {
  readonly #stored: AgentStore;
  readonly #coming: ReadonlyMap<string, Agent>;
  readonly #going: ReadonlySet<string>;

  constructor(stored: AgentStore, judged: readonly JudgedAgent[], going: readonly string[]) {
    this.#stored = stored;
    this.#coming = new Map(judged.map(({ agent }) => [agent.id, agent]));
    this.#going = new Set(going);
  }

  async getMany(ids: Parameters<AgentStore['getMany']>[0]): Promise<readonly (Agent | undefined)[]> {
    const stored = await this.#stored.getMany(ids);
    return ids.map(({ id, version }, index) => {
      if (this.#going.has(id)) return undefined;
      const coming = this.#coming.get(id);
      return coming !== undefined && (version === undefined || version === coming.version) ? coming : stored[index];
    });
  }
}
