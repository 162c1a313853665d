import { Client, CombinedError, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';

import { OF_NO_TOKEN, textAfter, WATCH, type Watched } from './execution-text.js';
import type { ErrorCodes, GraphqlReading } from './page-functions.js';

function connect(api: string): Client {
  const sockets = createClient({ url: `${api.replace(/^http/, 'ws')}/graphql` });
  return new Client({
    url: `${api}/graphql`,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
}

export async function readByUrql(api: string, executionId: string): Promise<GraphqlReading> {
  let text = '';
  let finalResponse: string | undefined;
  return await new Promise((resolve, reject) => {
    connect(api)
      .subscription<Watched>(WATCH, { executionId })
      .subscribe(({ data, error, hasNext }) => {
        if (data === undefined) {
          reject(error ?? new Error('no event'));
          return;
        }
        text = textAfter(text, data.agentExecutionStream);
        finalResponse = data.agentExecutionStream.finalResponse ?? undefined;
        if (!hasNext) resolve({ text, finalResponse });
      });
  });
}

export async function errorCodesByUrql(api: string): Promise<ErrorCodes> {
  const { error } = await connect(api).query(OF_NO_TOKEN, {}).toPromise();
  return { query: codeOf(error), subscription: await readByUrql(api, 'nobody').catch(codeOf) };
}

function codeOf(error: unknown): unknown {
  return error instanceof CombinedError ? error.graphQLErrors[0]?.extensions['code'] : String(error);
}
