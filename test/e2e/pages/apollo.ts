import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';

import { OF_NO_TOKEN, textAfter, WATCH, type Watched } from './execution-text.js';
import type { ErrorCodes, GraphqlReading } from './page-functions.js';

function connect(api: string): ApolloClient {
  const sockets = new GraphQLWsLink(createClient({ url: `${api.replace(/^http/, 'ws')}/graphql` }));
  const requests = new HttpLink({ uri: `${api}/graphql` });
  return new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, sockets, requests),
    cache: new InMemoryCache(),
  });
}

export async function readByApollo(api: string, executionId: string): Promise<GraphqlReading> {
  const stream = connect(api).subscribe<Watched>({
    query: gql(WATCH),
    variables: { executionId },
    fetchPolicy: 'no-cache',
  });
  let text = '';
  let finalResponse: string | undefined;
  return await new Promise((resolve, reject) => {
    stream.subscribe({
      next: ({ data, error }) => {
        if (data == null) {
          reject(error instanceof Error ? error : new Error('no event'));
          return;
        }
        text = textAfter(text, data.agentExecutionStream);
        finalResponse = data.agentExecutionStream.finalResponse ?? undefined;
      },
      error: reject,
      complete: () => {
        resolve({ text, finalResponse });
      },
    });
  });
}

export async function errorCodesByApollo(api: string): Promise<ErrorCodes> {
  const { error } = await connect(api).query({ query: gql(OF_NO_TOKEN), errorPolicy: 'all' });
  return { query: codeOf(error), subscription: await readByApollo(api, 'nobody').catch(codeOf) };
}

function codeOf(error: unknown): unknown {
  return CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.['code'] : String(error);
}
