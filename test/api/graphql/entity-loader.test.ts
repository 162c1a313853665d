import { beforeEach, describe, expect, it, vi } from 'vitest';

import { RequestWork } from '../../../src/api/graphql/answers/request-work.js';
import { Turns } from '../../../src/api/graphql/answers/turns.js';
import { EntityLoader } from '../../../src/api/graphql/entity-loader.js';
import { openStorage } from '../../../src/storage/open-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { anAgent, NOW } from '../../support/builders.js';
import { MemoryLogger } from '../../support/memory-logger.js';

describe('an entity loader', () => {
  let storage: Storage;
  let load: EntityLoader;

  beforeEach(async () => {
    ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
    await storage.agents.create('writer', anAgent({ name: 'First' }), NOW);
    await storage.agents.update('writer', { content: anAgent({ name: 'Second' }), now: NOW });
    load = new EntityLoader(storage, new RequestWork(new Turns()));
  });

  it('reads what is asked for together at once, and each only once', async () => {
    const getMany = vi.spyOn(storage.agents, 'getManyEver');
    const asked = [load.agent('writer', 1), load.agent('writer', 2), load.agent('writer', 1)];
    expect((await Promise.all(asked)).map(({ name }) => name)).toEqual(['First', 'Second', 'First']);
    expect(getMany.mock.calls).toEqual([
      [
        [
          { id: 'writer', version: 1 },
          { id: 'writer', version: 2 },
        ],
      ],
    ]);
  });

  it('gives the newest version for one that is not settled', async () => {
    expect((await load.agent('writer', 0)).name).toBe('Second');
  });

  it('throws NOT_FOUND for the one that is not there, and gives those beside it', async () => {
    const [nobody, writer] = await Promise.allSettled([load.execution('nobody'), load.agent('writer', 1)]);
    expect(nobody).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
    expect(writer.status).toBe('fulfilled');
  });

  it('reads anew what it was told to forget', async () => {
    await load.agent('writer', 0);
    await storage.agents.update('writer', { content: anAgent({ name: 'Third' }), now: NOW });
    expect((await load.agent('writer', 0)).name).toBe('Second');
    load.forget();
    expect((await load.agent('writer', 0)).name).toBe('Third');
  });

  it('asks for a few, and then for as many as a page has where they are small', async () => {
    const getMany = vi.spyOn(storage.tokens, 'getMany');
    const ids = Array.from({ length: 200 }, (_, n) => `token-${n}`);
    await Promise.allSettled(ids.map((id) => load.token(id)));
    expect(getMany.mock.calls.map(([asked]) => asked.length)).toEqual([5, 195]);
  });

  it('reads large ones few at a time, and no more of them than a request may have', async () => {
    const system = 'x'.repeat(2_000_000);
    const prompts = { system, userTemplate: 'Hello' };
    const ids = Array.from({ length: 60 }, (_, n) => `large-${n}`);
    for (const id of ids) await storage.agents.create(id, anAgent({ prompts }), NOW);
    const getMany = vi.spyOn(storage.agents, 'getManyEver');
    const loaded = await Promise.allSettled(ids.map((id) => load.agent(id, 1)));
    expect(loaded[0]).toMatchObject({ status: 'rejected', reason: { code: 'QUERY_TOO_COSTLY' } });
    const asked = getMany.mock.calls.map(([some]) => some.length);
    expect(Math.max(...asked)).toBe(5);
    expect(asked.reduce((sum, length) => sum + length, 0)).toBeLessThan(40);
  });
});
