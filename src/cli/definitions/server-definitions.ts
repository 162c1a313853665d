import { isInlineWorkflow } from '../../core/definitions/inline-workflow.js';
import type { JsonObject } from '../../core/json/json.js';
import type { ApiClient } from '../api-client.js';

/** A place agent that was added by mutation: no definition has it. */
export interface AddedPlaceAgent {
  readonly id: string;
  readonly workflowId: string;
  readonly placeId: string;
  readonly agentId: string;
}

/** What is on a server, by id. */
export interface ServerContents {
  readonly agentIds: readonly string[];
  /** With the hashes of their contents. */
  readonly workflows: readonly { readonly id: string; readonly hash: string }[];
  readonly placeAgents: readonly AddedPlaceAgent[];
}

const PAGE = 100;
/** Each of up to a megabyte; an answer has up to sixteen. */
const AT_ONCE = 10;

type Api = Pick<ApiClient, 'query'>;

/** What there is, without what was brought along by tokens. */
export async function serverContents(api: Api): Promise<ServerContents> {
  const { agents, placeAgentConfigs } = await api.query<{
    readonly agents: readonly { readonly id: string }[];
    readonly placeAgentConfigs: readonly (AddedPlaceAgent & { readonly source: string })[];
  }>('{ agents { id } placeAgentConfigs { id workflowId placeId agentId source } }', {});
  const placeAgents = placeAgentConfigs.filter(({ source }) => source === 'ADDED');
  return { agentIds: agents.map(({ id }) => id), workflows: await workflowsOn(api), placeAgents };
}

async function workflowsOn(api: Api): Promise<ServerContents['workflows']> {
  const query = `query ($first: Int!, $after: String) { workflows(first: $first, after: $after) { id hash } }`;
  const found = new Map<string, { readonly id: string; readonly hash: string }>();
  for (let after: string | undefined; ;) {
    const { workflows } = await api.query<Pick<ServerContents, 'workflows'>>(query, { first: PAGE, after });
    for (const workflow of workflows) if (!isInlineWorkflow(workflow.id)) found.set(workflow.id, workflow);
    after = workflows.at(-1)?.id;
    if (workflows.length < PAGE || after === undefined) return [...found.values()];
  }
}

/** Definitions by id, as they are saved. One that went meanwhile is not there. */
export async function definitionsOn(
  api: Api,
  kind: 'agent' | 'workflow',
  ids: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const found = new Map<string, JsonObject>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    const names = some.map((_, index) => `$i${index}: String!`).join(', ');
    const fields = some.map((_, index) => `d${index}: ${kind}(id: $i${index}) { definition }`).join('\n');
    const variables = Object.fromEntries(some.map((id, index) => [`i${index}`, id]));
    const answer = await api.query<Readonly<Record<string, { readonly definition: JsonObject } | null>>>(
      `query (${names}) { ${fields} }`,
      variables,
    );
    for (const [index, id] of some.entries()) {
      const definition = answer[`d${index}`]?.definition;
      if (definition !== undefined) found.set(id, definition);
    }
  }
  return found;
}
