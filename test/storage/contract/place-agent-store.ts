import { describe, expect, it } from 'vitest';

import type { AddedPlaceAgent, PlaceAgentStore } from '../../../src/storage/place-agent-store.js';
import { aPlaceAgent, NOW } from '../../support/builders.js';

function added(fields: Partial<AddedPlaceAgent> & Pick<AddedPlaceAgent, 'id' | 'workflowId'>): AddedPlaceAgent {
  return { ...aPlaceAgent(), createdAt: NOW, ...fields };
}

export function placeAgentStoreContract(store: () => PlaceAgentStore): void {
  describe('added place agents', () => {
    it('are found by id, workflow, place and agent, oldest first', async () => {
      const later = '2031-01-01T00:00:00.000Z';
      const second = added({ id: 'pa-b', workflowId: 'pa-w', placeId: 'x', agentId: 'pa-one' });
      const third = added({ id: 'pa-a', workflowId: 'pa-w', placeId: 'y', agentId: 'pa-two', createdAt: later });
      for (const agent of [third, second, added({ id: 'pa-c', workflowId: 'pa-v' })]) await store().create(agent);
      expect(await store().get('pa-b')).toEqual(second);
      expect(await store().get('pa-none')).toBeUndefined();
      const page = { first: 9 };
      expect(await store().listForWorkflow('pa-w')).toEqual([second, third]);
      expect(await store().list({ workflowId: 'pa-w' }, page)).toEqual([second, third]);
      expect(await store().list({ workflowId: 'pa-w', placeId: 'y' }, page)).toEqual([third]);
      expect(await store().list({ agentId: 'pa-two' }, page)).toEqual([third]);
      expect(await store().list({ workflowId: 'pa-w' }, { first: 1 })).toEqual([second]);
      expect(await store().list({ workflowId: 'pa-w' }, { first: 9, after: second })).toEqual([third]);
    });

    it('are listed for many workflows at once, in the order of the workflows', async () => {
      const second = added({ id: 'pa-m2', workflowId: 'pa-many' });
      const first = added({ id: 'pa-m1', workflowId: 'pa-many' });
      const other = added({ id: 'pa-m3', workflowId: 'pa-more' });
      for (const agent of [second, other, first]) await store().create(agent);
      const asked = ['pa-more', 'pa-nobody', 'pa-many', 'pa-more'];
      expect(await store().listForWorkflows(asked)).toEqual([[other], [], [first, second], [other]]);
      expect(await store().listForWorkflows([])).toEqual([]);
    });

    it('stay as they are when their id comes again', async () => {
      const first = added({ id: 'pa-same', workflowId: 'pa-s' });
      await store().create(first);
      expect(await store().create({ ...first, placeId: 'other' })).toEqual(first);
    });

    it('are told to tokens once for each change, and a change that comes meanwhile is not lost', async () => {
      const changeOf = async () => (await store().listChanges()).find(({ workflowId }) => workflowId === 'pa-told');
      await store().create(added({ id: 'pa-t1', workflowId: 'pa-told' }));
      const first = await changeOf();
      expect(await store().delete('pa-t1')).toBe(true);
      expect(await store().delete('pa-t1')).toBe(false);
      if (first !== undefined) await store().settleChange(first);
      const second = await changeOf();
      expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN);
      if (second !== undefined) await store().settleChange(second);
      expect(await changeOf()).toBeUndefined();
    });
  });
}
