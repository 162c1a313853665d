import { describe, expect, it } from 'vitest';

import type { KeptRollout } from '../../../src/storage/rollout-store.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aPlaceAgent, NOW } from '../../support/builders.js';

function kept(workflowId: string, fields: Partial<KeptRollout> = {}): KeptRollout {
  const rollout = { mode: 'on', percent: 10 } as const;
  return { workflowId, use: { transitionId: 'review' }, agentId: 'a', rollout, saidAt: NOW, changedAt: NOW, ...fields };
}

export function rolloutStoreContract(storage: () => Pick<Storage, 'definitions' | 'rollouts' | 'placeAgents'>): void {
  describe('rollouts', () => {
    const store = () => storage().rollouts;

    it('are what was said last of each use, apart by workflow and by kind', async () => {
      await store().set(kept('ro-w'));
      const last = kept('ro-w', {
        rollout: { mode: 'shadow', percent: 12.5 },
        agentVersions: [{ version: 2, percent: 100 }],
      });
      await store().set(last);
      const place = kept('ro-w', { use: { placeAgentId: 'review' } });
      await store().set(place);
      await store().set(kept('ro-v'));
      const found = await store().listForWorkflow('ro-w');
      expect(found).toHaveLength(2);
      expect(found).toEqual(expect.arrayContaining([last, place]));
      expect(await store().listForWorkflows(['ro-v', 'ro-none', 'ro-v'])).toEqual([[kept('ro-v')], [], [kept('ro-v')]]);
      expect(await store().listForWorkflows([])).toEqual([]);
    });

    it('are replaced only where they are what was seen, when that is asked', async () => {
      const first = kept('ro-seen');
      await store().set(first);
      const later = kept('ro-seen', { changedAt: '2031-01-01T00:00:00.000Z' });
      expect(await store().set(later, first.changedAt)).toBe(true);
      expect(await store().set(first, first.changedAt)).toBe(false);
      expect(await store().listForWorkflow('ro-seen')).toEqual([later]);
    });

    it('are as if nothing had been said once that is taken back, and nothing that was decided before puts them back', async () => {
      const said = kept('ro-back');
      const other = kept('ro-back', { use: { placeAgentId: 'review' } });
      await store().set(said);
      await store().set(other);
      await store().clear('ro-back', said.use);
      expect(await store().listForWorkflow('ro-back')).toEqual([other]);
      expect(await store().set(said, said.changedAt)).toBe(false);
      await store().clear('ro-back', said.use);
      expect(await store().listForWorkflow('ro-back')).toEqual([other]);
    });

    it('are not said again by what is decided while they are taken back', async () => {
      for (let time = 0; time < 20; time += 1) {
        const said = kept('ro-race');
        await store().set(said);
        await Promise.all([store().clear('ro-race', said.use), store().set(said, said.changedAt)]);
        expect(await store().listForWorkflow('ro-race')).toEqual([]);
      }
    });

    it('are watched that say how many may fail, and are not off', async () => {
      const watched = kept('ro-x', { rollout: { mode: 'on', percent: 5, maxErrorRate: 0 } });
      await store().set(watched);
      await store().set(kept('ro-y'));
      await store().set(kept('ro-z', { rollout: { mode: 'off', percent: 5, maxErrorRate: 0.5 } }));
      const found = (await store().listWatched()).filter(({ workflowId }) => workflowId.startsWith('ro-'));
      expect(found).toEqual([watched]);
    });

    it('say which agents were turned off, until somebody says something else', async () => {
      const stopped = kept('ro-stopped', {
        rollout: { mode: 'off', percent: 5, maxErrorRate: 0.5, stoppedBecause: 'they failed' },
      });
      const own = async () =>
        (await store().listStopped()).filter(({ workflowId }) => workflowId === stopped.workflowId);
      await store().set(kept('ro-stopped', { rollout: { mode: 'off', percent: 5 } }));
      expect(await own()).toEqual([]);
      await store().set(stopped);
      expect(await own()).toEqual([stopped]);
      await store().set(kept('ro-stopped'));
      expect(await own()).toEqual([]);
    });

    it('go with the place agent that was added, and with no other of its name', async () => {
      const agent = { ...aPlaceAgent(), id: 'ro-added', workflowId: 'ro-p', createdAt: NOW };
      const definitions = { agents: [], workflows: [], deletedAgents: [], deletedPlaceAgents: ['ro-added'] };
      const ways = [() => storage().placeAgents.delete('ro-added'), () => storage().definitions.save(definitions)];
      const others = [
        kept('ro-p', { use: { transitionId: 'ro-added' } }),
        kept('ro-q', { use: { placeAgentId: 'ro-added' } }),
      ];
      for (const other of others) await store().set(other);
      for (const remove of ways) {
        await storage().placeAgents.create(agent);
        await store().set(kept('ro-p', { use: { placeAgentId: 'ro-added' } }));
        await remove();
        expect(await store().listForWorkflows(['ro-p', 'ro-q'])).toEqual(others.map((other) => [other]));
      }
    });

    it('are told to tokens once for each change', async () => {
      const changeOf = async () =>
        (await storage().placeAgents.listChanges()).find(({ workflowId }) => workflowId === 'ro-told');
      await store().set(kept('ro-told'));
      const first = await changeOf();
      await store().set(kept('ro-told'));
      if (first !== undefined) await storage().placeAgents.settleChange(first);
      const second = await changeOf();
      expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN);
      if (second !== undefined) await storage().placeAgents.settleChange(second);
      expect(await changeOf()).toBeUndefined();
    });
  });
}
