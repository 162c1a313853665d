import { describe, expect, it } from 'vitest';

import type { AgentStore } from '../../../src/storage/agent-store.js';
import { anAgent, NOW } from '../../support/builders.js';

const LATER = '2026-11-23T06:00:00.000Z';

export function agentStoreContract(store: () => AgentStore): void {
  describe('agents', () => {
    it('gives back what is there when the same content is created again, and refuses other content', async () => {
      const first = await store().create('agent-same', anAgent(), NOW);
      expect(await store().create('agent-same', anAgent(), LATER)).toEqual(first);
      await expect(store().create('agent-same', anAgent({ name: 'Other' }), NOW)).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
    });

    it('keeps every version, and gives the newest unless asked for another', async () => {
      await store().create('agent-versions', anAgent(), NOW);
      const content = anAgent({ name: 'Second' });
      const second = await store().update('agent-versions', { content, expectedVersion: 1, now: LATER });
      expect(second).toMatchObject({ version: 2, createdAt: NOW, updatedAt: LATER });
      expect(await store().update('agent-versions', { content, now: LATER })).toEqual(second);
      expect((await store().get('agent-versions'))?.name).toBe('Second');
      expect((await store().get('agent-versions', 1))?.name).toBe('Reviewer');
      expect(await store().get('agent-versions', 3)).toBeUndefined();
    });

    it('refuses an update of another version than the newest, and of none', async () => {
      await store().create('agent-conflict', anAgent(), NOW);
      const change = { content: anAgent({ name: 'B' }), expectedVersion: 7, now: LATER };
      await expect(store().update('agent-conflict', change)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
      await expect(store().update('agent-none', change)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('stores each of many updates at once as a version of its own', async () => {
      await store().create('agent-race', anAgent(), NOW);
      const names = Array.from({ length: 10 }, (_, n) => `Name ${n}`);
      await Promise.all(names.map((name) => store().update('agent-race', { content: anAgent({ name }), now: LATER })));
      const versions = await Promise.all(names.map((_, n) => store().get('agent-race', n + 2)));
      expect(versions.map((agent) => agent?.name).sort()).toEqual(names);
    });

    it('never uses the number of a version again, and still knows what was deleted', async () => {
      const first = await store().create('agent-anew', anAgent(), NOW);
      await store().update('agent-anew', { content: anAgent({ name: 'Second' }), now: NOW });
      await store().delete('agent-anew');
      expect(await store().get('agent-anew', 1)).toBeUndefined();
      const change = { content: anAgent(), now: LATER };
      await expect(store().update('agent-anew', change)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const names = ['Third', 'Third', 'Third'];
      const anew = await Promise.all(names.map((name) => store().create('agent-anew', anAgent({ name }), LATER)));
      expect(anew.map(({ version, createdAt }) => [version, createdAt])).toEqual(names.map(() => [3, LATER]));
      const asked = [{ id: 'agent-anew', version: 1 }, { id: 'agent-anew' }, { id: 'agent-anew', version: 4 }];
      expect(await store().getMany(asked)).toEqual([undefined, anew[0], undefined]);
      expect(await store().getManyEver(asked)).toEqual([first, anew[0], undefined]);
      expect(await store().delete('agent-anew')).toBe(true);
      expect((await store().getManyEver([{ id: 'agent-anew' }]))[0]?.name).toBe('Third');
    });

    it('lists the newest of each by id, by label when asked, and deletes all versions', async () => {
      await store().create('agent-list-b', anAgent({ capabilities: ['list'] }), NOW);
      await store().create('agent-list-a', anAgent({ capabilities: ['list'] }), NOW);
      await store().update('agent-list-a', { content: anAgent({ name: 'New', capabilities: ['list'] }), now: LATER });
      expect((await store().list({ first: 9, capability: 'list' })).map(({ id, version }) => [id, version])).toEqual([
        ['agent-list-a', 2],
        ['agent-list-b', 1],
      ]);
      const after = { first: 9, capability: 'list', after: 'agent-list-a' };
      expect((await store().list(after)).map(({ id }) => id)).toEqual(['agent-list-b']);
      expect(await store().list({ first: 1, capability: 'list' })).toMatchObject([{ id: 'agent-list-a' }]);
      expect((await store().list({ first: 9, after: 'agent-list' }))[0]).toMatchObject({ id: 'agent-list-a' });
      expect(await store().delete('agent-list-a')).toBe(true);
      expect(await store().delete('agent-list-a')).toBe(false);
      expect((await store().list({ first: 9, capability: 'list' })).map(({ id }) => id)).toEqual(['agent-list-b']);
    });
  });
}
