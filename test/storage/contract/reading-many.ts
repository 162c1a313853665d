import { beforeAll, describe, expect, it } from 'vitest';

import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, anAgent, aToken, aWorkflow, NOW } from '../../support/builders.js';
import { anExecution } from './execution-store.js';

interface Kind {
  readonly name: string;
  readonly save: (storage: Storage, id: string) => Promise<unknown>;
  /** The ids of what is found, in its order. */
  readonly read: (storage: Storage, ids: readonly string[]) => Promise<readonly (string | undefined)[]>;
}

const versioned = (ids: readonly string[]) => ids.map((id) => ({ id }));

const KINDS: readonly Kind[] = [
  {
    name: 'agents',
    save: ({ agents }, id) => agents.create(id, anAgent(), NOW),
    read: async ({ agents }, ids) => (await agents.getMany(versioned(ids))).map((agent) => agent?.id),
  },
  {
    name: 'workflows',
    save: ({ workflows }, id) => workflows.save(id, aWorkflow(), { hash: 'a', now: NOW }),
    read: async ({ workflows }, ids) => (await workflows.getMany(versioned(ids))).map((one) => one?.definition.id),
  },
  {
    name: 'tokens',
    save: ({ tokens }, id) =>
      tokens.record({ token: aToken(aDefinition(), { id }), runId: id, events: [], executions: [] }),
    read: async ({ tokens }, ids) => (await tokens.getMany(ids)).map((token) => token?.id),
  },
  {
    name: 'executions',
    save: ({ executions }, id) => executions.create(anExecution({ id })),
    read: async ({ executions }, ids) => (await executions.getMany(ids)).map((execution) => execution?.id),
  },
];

const THERE = ['many-c', 'many-a', 'many-b'];

export function readingManyContract(storage: () => Storage): void {
  describe.each(KINDS)('many $name at once', ({ save, read }) => {
    beforeAll(async () => {
      for (const id of THERE) await save(storage(), id);
    });

    it('come in the order in which they are asked for', async () => {
      expect(await read(storage(), THERE)).toEqual(THERE);
      expect(await read(storage(), THERE.toReversed())).toEqual(THERE.toReversed());
    });

    it('come as often as they are asked for', async () => {
      const ids = ['many-a', 'many-b', 'many-a', 'many-a'];
      expect(await read(storage(), ids)).toEqual(ids);
    });

    it('leave a gap for each that is not there', async () => {
      const ids = ['none', 'many-a', '', 'many-b', 'none'];
      expect(await read(storage(), ids)).toEqual([undefined, 'many-a', undefined, 'many-b', undefined]);
    });

    it('are none when none is asked for', async () => {
      expect(await read(storage(), [])).toEqual([]);
    });

    it('may be a thousand', async () => {
      const ids = Array.from({ length: 1000 }, (_, n) => (n % 100 === 0 ? 'many-b' : `none-${n}`));
      const found = await read(storage(), ids);
      expect(found).toHaveLength(1000);
      expect(found).toEqual(ids.map((id) => (id === 'many-b' ? id : undefined)));
    });
  });

  describe('many versions at once', () => {
    it('are the ones asked for, or the newest, of agents', async () => {
      const { agents } = storage();
      await agents.create('many-versions', anAgent({ name: 'First' }), NOW);
      await agents.update('many-versions', { content: anAgent({ name: 'Second' }), now: NOW });
      const asked = [{ id: 'many-versions' }, { id: 'many-versions', version: 1 }, { id: 'many-versions', version: 3 }];
      expect((await agents.getMany(asked)).map((agent) => agent?.name)).toEqual(['Second', 'First', undefined]);
    });

    it('are the ones asked for, or the newest, of workflows', async () => {
      const { workflows } = storage();
      await workflows.save('many-versions', aWorkflow({ name: 'First' }), { hash: 'a', now: NOW });
      await workflows.save('many-versions', aWorkflow({ name: 'Second' }), { hash: 'b', now: NOW });
      const asked = [{ id: 'many-versions', version: 1 }, { id: 'many-versions' }, { id: 'many-versions', version: 3 }];
      const names = (await workflows.getMany(asked)).map((one) => one?.definition.name);
      expect(names).toEqual(['First', 'Second', undefined]);
    });

    it('are, of executions, as they are each by itself', async () => {
      const { executions } = storage();
      await executions.create(anExecution({ id: 'many-ended' }));
      await executions.update('many-ended', { status: 'FAILED', lastSequence: 7 });
      const [ended] = await executions.getMany(['many-ended']);
      expect(ended).toMatchObject({ lastSequence: 7 });
      expect(ended).toEqual(await executions.get('many-ended'));
    });
  });
}
