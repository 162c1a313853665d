import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, parse, type DocumentNode } from 'graphql';

/**
 * Sends what is shown. GraphiQL learns a tenth of a second after a change of tabs what is in the new one; whoever is quicker
 * would ask for the operation of the tab before.
 */
export function fetchShown(fetcher: Fetcher): Fetcher {
  return (params, options) => {
    const documentAST = parsed(params);
    const onlyOne = documentAST && getOperationAST(documentAST);
    if (!onlyOne) return fetcher(params, options);
    return fetcher({ ...params, operationName: onlyOne.name?.value ?? null }, { ...options, documentAST });
  };
}

/** Nothing for what is no GraphQL: the API says what is wrong with it. */
function parsed({ query }: FetcherParams): DocumentNode | undefined {
  try {
    return parse(query);
  } catch {
    return undefined;
  }
}
