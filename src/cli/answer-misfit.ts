import type { GraphQLFieldResolver } from 'graphql';

import { loadSchema } from '../api/graphql/load-schema.js';
import { isJsonObject, ownValue, type JsonObject } from '../core/json/json.js';

/** What a server was asked, and what it answered. */
export interface Answered {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly data: JsonObject;
}

/**
 * Where an answer is not what a server of ours can answer, in words; undefined where it is. It takes a moment: GraphQL itself is loaded for
 * it, which no command waits for as long as answers are as they should be.
 */
export async function answerMisfit({ query, variables, data }: Answered): Promise<string | undefined> {
  const { buildSchema, execute, parse } = await import('graphql');
  const { errors } = await execute({
    schema: buildSchema(loadSchema()),
    document: parse(query),
    rootValue: data,
    variableValues: variables,
    fieldResolver: answered,
  });
  const [error] = errors ?? [];
  if (error === undefined) return undefined;
  return [...(error.path ?? []).map(String), error.message].join(': ');
}

/** By the name that the query gives it. */
function answered(...[source, , , { path }]: Parameters<GraphQLFieldResolver<unknown, unknown>>): unknown {
  return isJsonObject(source) ? ownValue(source, String(path.key)) : undefined;
}
