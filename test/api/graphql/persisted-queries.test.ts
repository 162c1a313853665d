import { createHash } from 'node:crypto';

import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

const QUERY = '{ workflows(first: 1) { id } }';

let api: ApiUnderTest;
let url = '';

beforeAll(async () => {
  api = await apiUnderTest();
  url = `${await api.listen()}/graphql`;
});
afterAll(async () => {
  await api.stop();
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe.each([false, true])(
  'a client that sends hashes of its documents (by GET: %s) goes on with the documents',
  (byGet) => {
    it('of Apollo', async () => {
      const link = new PersistedQueryLink({ sha256, useGETForHashedQueries: byGet }).concat(new HttpLink({ uri: url }));
      const client = new ApolloClient({ link, cache: new InMemoryCache() });
      expect((await client.query({ query: gql(QUERY) })).data).toEqual({ workflows: [] });
      client.stop();
    });

    it('of urql', async () => {
      const exchanges = [persistedExchange({ preferGetForPersistedQueries: byGet }), fetchExchange];
      const client = new Client({ url, exchanges, preferGetMethod: false });
      const answer = await client.query(QUERY, {}).toPromise();
      expect(answer).toMatchObject({ error: undefined, data: { workflows: [] } });
    });
  },
);

describe('the hash of a document', () => {
  it.each(['application/json', 'application/graphql-response+json'])(
    'is refused in the words that clients know, to %s',
    async (accept) => {
      const payload = { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(QUERY) } } };
      const response = await api.app.inject({ method: 'POST', url: '/graphql', headers: { accept }, payload });
      expect(response.statusCode).toBe(200);
      expect(response.json()).toEqual({
        errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
      });
    },
  );

  it('beside the document changes nothing', async () => {
    const payload = { query: QUERY, extensions: { persistedQuery: { version: 1, sha256Hash: 'another' } } };
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload });
    expect(response.json()).toEqual({ data: { workflows: [] } });
  });
});
