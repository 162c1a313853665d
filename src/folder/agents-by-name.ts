import { isJsonObject } from '../core/json/json.js';
import { jsonPointer, type JsonPath } from '../core/json/json-pointer.js';
import type { KnownAgent } from '../core/validation/check-agent-use.js';
import type { AgentReference, KnownAgents } from '../core/validation/check-definition.js';
import { quoted } from './definition-names.js';
import type { JudgedAgent } from './judge-agents.js';
import type { SourceProblem } from './written-place.js';

/** Of an agent whose prompts nobody knows: it asks for no input. */
const NO_PROMPTS = { system: '', userTemplate: '' } as const;

/** The agents of a folder, for the workflows that name them. */
export class AgentsByName implements KnownAgents {
  readonly #byId = new Map<string, KnownAgent>();
  readonly #ownIds = new Set<string>();
  readonly #idsByName = new Map<string, readonly string[]>();
  /** A file could not be read: whoever is missing may be in it. */
  readonly mayHaveMore: boolean;

  /** `elsewhere` are ids of agents that a server has. */
  constructor(agents: readonly JudgedAgent[], elsewhere: Iterable<string> = []) {
    this.mayHaveMore = agents.some(({ id }) => id === undefined);
    this.addElsewhere(elsewhere);
    for (const { id, name, agent } of agents) {
      if (id === undefined || this.#ownIds.has(id)) continue;
      this.#ownIds.add(id);
      this.#byId.set(id, agent === undefined ? { id, prompts: NO_PROMPTS } : { ...agent.content, id });
      if (name !== undefined) this.#idsByName.set(name, [...(this.#idsByName.get(name) ?? []), id]);
    }
  }

  /** Agents of a server, by their ids. What the folder has stands before them. */
  addElsewhere(ids: Iterable<string>): void {
    for (const id of ids) if (!this.#byId.has(id)) this.#byId.set(id, { id, prompts: NO_PROMPTS });
  }

  /** What a workflow, as a file has it, names and nothing here is called: neither by id nor by name. */
  missingIn(workflow: unknown): readonly string[] {
    if (!isJsonObject(workflow)) return [];
    const { transitions, placeAgents } = workflow;
    const used = [
      ...listOf(transitions).map((transition) => (isJsonObject(transition) ? transition['agentExecution'] : undefined)),
      ...listOf(placeAgents),
    ];
    return used.flatMap((use) => {
      const id = isJsonObject(use) ? use['agentId'] : undefined;
      return typeof id !== 'string' || this.#byId.has(id) || this.#idsByName.has(id) ? [] : [id];
    });
  }

  /** A version that is asked for may be other than the file: only a server knows. */
  find({ agentId, agentVersion }: AgentReference): KnownAgent | undefined {
    const known = this.#byId.get(agentId);
    if (known === undefined || agentVersion === undefined) return known;
    const { llmProvider: _provider, tools: _tools, ...rest } = known;
    return { ...rest, prompts: NO_PROMPTS };
  }

  /** A workflow, as a file has it, with the ids of agents that it names by their names. */
  withIds(workflow: unknown): { readonly input: unknown; readonly problems: readonly SourceProblem[] } {
    const problems: SourceProblem[] = [];
    const inUse = (use: unknown, at: JsonPath): unknown => {
      if (!isJsonObject(use) || typeof use['agentId'] !== 'string' || this.#byId.has(use['agentId'])) return use;
      const [id, ...others] = this.#idsByName.get(use['agentId']) ?? [];
      if (id === undefined) return use;
      if (others.length > 0) {
        const message = `${[id, ...others].map(quoted).join(' and ')} are both called so: name one by its id`;
        problems.push({ code: 'NAME_AMBIGUOUS', pointer: jsonPointer([...at, 'agentId']), message });
      }
      return { ...use, agentId: id };
    };
    if (!isJsonObject(workflow)) return { input: workflow, problems };
    const { transitions, placeAgents } = workflow;
    const input = {
      ...workflow,
      ...(Array.isArray(transitions)
        ? {
            transitions: transitions.map((each: unknown, index) =>
              isJsonObject(each) && each['agentExecution'] !== undefined
                ? { ...each, agentExecution: inUse(each['agentExecution'], ['transitions', index, 'agentExecution']) }
                : each,
            ),
          }
        : {}),
      ...(Array.isArray(placeAgents)
        ? { placeAgents: placeAgents.map((each: unknown, index) => inUse(each, ['placeAgents', index])) }
        : {}),
    };
    return { input, problems };
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
