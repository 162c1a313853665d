import { agentUses } from '../../core/definitions/definition.js';
import { changesOf, type MemberChange } from '../../core/definitions/definition-changes.js';
import type { JsonObject } from '../../core/json/json.js';
import type { DefinitionFolder } from '../../folder/definition-folder.js';
import type { PlaceProblem } from '../../folder/written-place.js';
import { workflowHash } from '../../operations/checked-workflow.js';
import type { ApiClient } from '../api-client.js';
import { definitionsOn, serverContents, type AddedPlaceAgent } from './server-definitions.js';

/** A definition of the folder that the server does not have so. */
export interface Different {
  readonly id: string;
  readonly file: string;
  readonly change: 'CREATED' | 'CHANGED';
  /** From the server to the folder; empty for a new one. */
  readonly members: readonly MemberChange[];
  /** What `createAgent` or `createWorkflow` takes. */
  readonly input: JsonObject;
  /** Where in the file something that is wrong with the input stands. */
  readonly place: PlaceProblem;
}

/** What a folder has other than a server, and what only the server has and nothing of the folder names. */
export interface FolderDifference {
  readonly agents: readonly Different[];
  readonly workflows: readonly Different[];
  /** Agents that only the server has and workflows of the folder name: ids. */
  readonly borrowed: readonly string[];
  /** What only the server has: ids. */
  readonly onlyThere: {
    readonly agents: readonly string[];
    readonly workflows: readonly string[];
    readonly placeAgents: readonly AddedPlaceAgent[];
  };
}

type Definitions = DefinitionFolder['agents'] | DefinitionFolder['workflows'];

/** Compares a folder without problems with a server, by content: how it is written does not count. */
export async function folderDifference(
  { agents, workflows }: Pick<DefinitionFolder, 'agents' | 'workflows'>,
  api: Pick<ApiClient, 'query'>,
): Promise<FolderDifference> {
  const there = await serverContents(api);
  const known = new Set(there.agentIds);
  const hashes = new Map(there.workflows.map(({ id, hash }) => [id, hash]));
  const other: DefinitionFolder['workflows'][number][] = [];
  for (const workflow of workflows) {
    if (hashes.get(workflow.id) !== (await workflowHash(workflow.content))) other.push(workflow);
  }
  const ids = (all: Definitions) => all.map(({ id }) => id);
  const named = workflows.flatMap(({ content }) => agentUses(content).map(({ use }) => use.agentId));
  const [ownAgents, ownWorkflows] = [new Set(ids(agents)), new Set(ids(workflows))];
  const [agentsThere, wanted] = [there.agentIds.filter((id) => !ownAgents.has(id)), new Set(named)];
  const knownAgents = ids(agents).filter((id) => known.has(id));
  const changedWorkflows = ids(other).filter((id) => hashes.has(id));
  return {
    agents: different(agents, await definitionsOn(api, 'agent', knownAgents)),
    workflows: different(other, await definitionsOn(api, 'workflow', changedWorkflows)),
    borrowed: agentsThere.filter((id) => wanted.has(id)),
    onlyThere: {
      agents: agentsThere.filter((id) => !wanted.has(id)),
      workflows: there.workflows.map(({ id }) => id).filter((id) => !ownWorkflows.has(id)),
      placeAgents: there.placeAgents,
    },
  };
}

function different(definitions: Definitions, there: ReadonlyMap<string, JsonObject>): readonly Different[] {
  return definitions.flatMap(({ id, file, input, content, place }): readonly Different[] => {
    const before = there.get(id);
    if (before === undefined) return [{ id, file, change: 'CREATED', members: [], input, place }];
    const members = changesOf(before, { id, ...(JSON.parse(JSON.stringify(content)) as JsonObject) });
    return members.length === 0 ? [] : [{ id, file, change: 'CHANGED', members, input, place }];
  });
}
