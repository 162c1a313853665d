import { beforeEach, describe, expect, it } from 'vitest';

import { NatsEntries } from '../../../src/streams/nats/nats-entries.js';
import { entriesOf, NatsStandIn } from './nats-stand-in.js';

const ID = 'doc-1:review:1';
const LIMIT = 3;

describe('the entries of a log on NATS', () => {
  let nats: NatsStandIn;
  let store: NatsEntries;

  beforeEach(() => {
    nats = new NatsStandIn(entriesOf('one', 10));
    store = new NatsEntries(nats);
  });

  async function read(from: number): Promise<{ state?: string; next?: number; firsts?: readonly number[] }> {
    const [page] = await store.read([{ executionId: ID, from, limit: LIMIT }]);
    return { ...page, firsts: page?.entries.map(({ first }) => first) ?? [] };
  }

  describe('read page by page', () => {
    it('are looked for from where the page before ended', async () => {
      expect((await read(0)).firsts).toEqual([0, 2, 4]);
      // The reader asks from its last event on.
      expect((await read(5)).firsts).toEqual([4, 6, 8]);
      expect((await read(9)).firsts).toEqual([8, 10, 12]);
      expect(nats.walks.map(({ from }) => from)).toEqual([0, 30, 50]);
    });

    it('are not fetched by far more than are asked for', async () => {
      await read(0);
      await read(5);
      expect(nats.walks.map(({ expected }) => expected)).toEqual([LIMIT + 1, LIMIT + 1]);
    });

    it('are looked for from the beginning by one who is further back', async () => {
      await read(8);
      expect((await read(3)).firsts).toEqual([2, 4, 6]);
    });

    it('are found when the log has been lost and has grown again behind what was read', async () => {
      await read(8);
      nats.entries = entriesOf('two', 12, 500);
      expect((await read(9)).firsts).toEqual([8, 10, 12]);
    });

    it('are found when the server gives the positions of a lost log out again', async () => {
      await read(8);
      nats.entries = entriesOf('two', 12, 1);
      expect((await read(13)).firsts).toEqual([12, 14, 16]);
      nats.disconnect();
      await read(9);
      expect(nats.walks.at(-1)?.from).toBe(0);
    });
  });

  describe('of a replica that is late', () => {
    it('are read as the leader has them by one who is ahead of the replica', async () => {
      nats.lateBy = 3;
      expect(await read(19)).toMatchObject({ state: 'open', next: 20, firsts: [18] });
    });

    it('are there as soon as the leader has the first', async () => {
      nats.lateBy = 10;
      expect(await read(0)).toMatchObject({ state: 'open', next: 20, firsts: [0, 2, 4] });
    });

    it('are read from the replica by everybody else', async () => {
      nats.lateBy = 3;
      expect(await read(5)).toMatchObject({ state: 'open', next: 14, firsts: [4, 6, 8] });
    });
  });
});
