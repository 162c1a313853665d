import { CircuitBreakerError } from '../../core/errors.js';
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

/** A list is asked for so many at a time, and for fewer where these are too large for one answer. */
const PAGE = 100;
/** Each of up to a megabyte; an answer has up to sixteen. */
const AT_ONCE = 10;
/** Ids alone. */
const NAMES_AT_ONCE = 100;

type Api = Pick<ApiClient, 'query'>;

const AGENTS = `query ($first: Int!, $after: String) { page: agents(first: $first, after: $after) { id } }`;
const WORKFLOWS = `query ($first: Int!, $after: String) {
  page: workflows(first: $first, after: $after) { id hash placeAgents { id workflowId placeId agentId source } }
}`;

interface ListedWorkflow {
  readonly id: string;
  readonly hash: string;
  readonly placeAgents: readonly (AddedPlaceAgent & { readonly source: string })[];
}

/** What there is, without what was brought along by tokens: however much, in requests that an API answers. */
export async function serverContents(api: Api): Promise<ServerContents> {
  const agents = await allOf<{ readonly id: string }>(api, AGENTS);
  const workflows = await allOf<ListedWorkflow>(api, WORKFLOWS);
  return {
    agentIds: agents.map(({ id }) => id),
    workflows: workflows.filter(({ id }) => !isInlineWorkflow(id)).map(({ id, hash }) => ({ id, hash })),
    placeAgents: workflows.flatMap(({ placeAgents }) => placeAgents.flatMap(added)),
  };
}

function added({ source, ...placeAgent }: ListedWorkflow['placeAgents'][number]): readonly AddedPlaceAgent[] {
  return source === 'ADDED' ? [placeAgent] : [];
}

/** A list whose pages go on after an id. Nothing is in it twice. */
async function allOf<Item extends { readonly id: string }>(api: Api, query: string): Promise<readonly Item[]> {
  const found = new Map<string, Item>();
  let [first, after] = [PAGE, undefined as string | undefined];
  for (;;) {
    const page = await pageOf<Item>(api, query, { first, after });
    if (page === undefined) {
      first = Math.floor(first / 2);
      continue;
    }
    for (const item of page) found.set(item.id, item);
    const last = page.at(-1)?.id;
    if (page.length < first || last === undefined || last === after) return [...found.values()];
    after = last;
  }
}

/** Undefined where it is too much for one answer, and less can be asked for. */
async function pageOf<Item>(
  api: Api,
  query: string,
  page: { readonly first: number; readonly after: string | undefined },
): Promise<readonly Item[] | undefined> {
  try {
    return (await api.query<{ readonly page: readonly Item[] }>(query, page)).page;
  } catch (error) {
    const isTooMuch = error instanceof CircuitBreakerError && error.code === 'QUERY_TOO_COSTLY';
    if (isTooMuch && page.first > 1) return undefined;
    throw error;
  }
}

/** Which of these agents the server has. */
export async function knownAgents(api: Api, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (let from = 0; from < ids.length; from += NAMES_AT_ONCE) {
    const answer = await askForEach<{ readonly id: string }>(api, ids.slice(from, from + NAMES_AT_ONCE), {
      kind: 'agent',
      field: 'id',
    });
    for (const agent of answer.values()) known.add(agent.id);
  }
  return known;
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
    const answer = await askForEach<{ readonly definition: JsonObject }>(api, some, { kind, field: 'definition' });
    for (const [id, { definition }] of answer) found.set(id, definition);
  }
  return found;
}

/** One request for all of these ids; those that there are not are left out. */
async function askForEach<Item>(
  api: Api,
  ids: readonly string[],
  { kind, field }: { readonly kind: 'agent' | 'workflow'; readonly field: 'id' | 'definition' },
): Promise<ReadonlyMap<string, Item>> {
  const names = ids.map((_, index) => `$i${index}: String!`).join(', ');
  const fields = ids.map((_, index) => `d${index}: ${kind}(id: $i${index}) { ${field} }`).join('\n');
  const variables = Object.fromEntries(ids.map((id, index) => [`i${index}`, id]));
  const answer = await api.query<Readonly<Record<string, Item | null>>>(`query (${names}) { ${fields} }`, variables);
  return new Map(
    ids.flatMap((id, index) => {
      const item = answer[`d${index}`];
      return item == null ? [] : [[id, item] as const];
    }),
  );
}
