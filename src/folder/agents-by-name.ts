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
  readonly #idsByName = new Map<string, readonly string[]>();
  /** A file could not be read: whoever is missing may be in it. */
  readonly mayHaveMore: boolean;

  constructor(agents: readonly JudgedAgent[]) {
    this.mayHaveMore = agents.some(({ id }) => id === undefined);
    for (const { id, name, agent } of agents) {
      if (id === undefined || this.#byId.has(id)) continue;
      this.#byId.set(id, agent === undefined ? { id, prompts: NO_PROMPTS } : { ...agent.content, id });
      if (name !== undefined) this.#idsByName.set(name, [...(this.#idsByName.get(name) ?? []), id]);
    }
  }

  /** A version that is asked for may have other prompts than the file: only a server knows. */
  find({ agentId, agentVersion }: AgentReference): KnownAgent | undefined {
    const known = this.#byId.get(agentId);
    return known === undefined || agentVersion === undefined ? known : { ...known, prompts: NO_PROMPTS };
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
