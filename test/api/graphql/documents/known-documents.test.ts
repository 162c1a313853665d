import { buildSchema, type GraphQLSchema } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';

import { KnownDocuments } from '../../../../src/api/graphql/documents/known-documents.js';

const MAX_DOCUMENTS = 200;
const MAX_REMEMBERED = 128 * 1024;

describe('a GraphQL document that was read', () => {
  const schema: GraphQLSchema = buildSchema('type Query { name: String }');
  let documents: KnownDocuments;

  beforeEach(() => {
    documents = new KnownDocuments(schema);
  });

  function readOthers(count: number, comment = ''): void {
    for (let n = 0; n < count; n += 1) documents.read(`query Q${n} { name } # ${comment}`);
  }

  it('is the same object for the same text', () => {
    expect(documents.read('{ name }')).toBe(documents.read('{ name }'));
  });

  it('is read again when it was not sent for as many others as are remembered', () => {
    const first = documents.read('{ name }');
    readOthers(MAX_DOCUMENTS - 1);
    expect(documents.read('{ name }')).toBe(first);
    readOthers(2 * MAX_DOCUMENTS);
    expect(documents.read('{ name }')).not.toBe(first);
  });

  it('is read again when longer ones took its room, however few', () => {
    const first = documents.read('{ name }');
    const half = 'x'.repeat(MAX_REMEMBERED / 2 - 100);
    readOthers(1, half);
    expect(documents.read('{ name }')).toBe(first);
    readOthers(3, half);
    expect(documents.read('{ name }')).not.toBe(first);
  });

  it('stays known while it is sent all the time, however many others come', () => {
    const first = documents.read('{ name }');
    for (let n = 0; n < 3 * MAX_DOCUMENTS; n += 1) {
      documents.read(`query Q${n} { name }`);
      expect(documents.read('{ name }')).toBe(first);
    }
  });

  it('is judged each time when it is not valid', () => {
    const refusal = documents.read('{ moon }');
    expect(refusal).toMatchObject([{ message: expect.stringContaining('moon') as string }]);
    expect(documents.read('{ moon }')).not.toBe(refusal);
  });
});
