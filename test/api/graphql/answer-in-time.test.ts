import { makeExecutableSchema } from '@graphql-tools/schema';
import { graphql } from 'graphql';
import { describe, expect, it } from 'vitest';

import { answerInTime } from '../../../src/api/graphql/answer-in-time.js';
import { eventually } from '../../support/eventually.js';

const IN_NO_TIME_MS = 5;

function aSchema(fireTransition: () => Promise<string>, applyDefinitions: () => Promise<string>) {
  const typeDefs = 'type Query { a: String } type Mutation { fireTransition: String applyDefinitions: String }';
  const schema = makeExecutableSchema({ typeDefs, resolvers: { Mutation: { fireTransition, applyDefinitions } } });
  answerInTime(schema, IN_NO_TIME_MS);
  return schema;
}

describe('a mutation', () => {
  it('that waits for too long is UNAVAILABLE, and what it has begun goes on', async () => {
    let [goOn, isDone]: [() => void, boolean] = [() => undefined, false];
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const fires = async () => {
      await waits;
      isDone = true;
      return 'fired';
    };
    const { errors } = await graphql({ schema: aSchema(fires, fires), source: 'mutation { fireTransition }' });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'UNAVAILABLE' });
    goOn();
    await eventually(() => {
      expect(isDone).toBe(true);
    });
  });

  it('that is of many things takes its time', async () => {
    const saves = () => new Promise<string>((resolve) => setTimeout(resolve, IN_NO_TIME_MS * 10, 'saved'));
    const { data } = await graphql({ schema: aSchema(saves, saves), source: 'mutation { applyDefinitions }' });
    expect(data).toEqual({ applyDefinitions: 'saved' });
  });

  it('that fails late leaves nothing unhandled, and says what it knows in time', async () => {
    const fails = () => Promise.reject(new Error('at once'));
    const { errors } = await graphql({ schema: aSchema(fails, fails), source: 'mutation { fireTransition }' });
    expect(errors?.[0]?.message).toBe('at once');
  });
});
