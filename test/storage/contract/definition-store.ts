import { describe, expect, it } from 'vitest';

import type { Storage } from '../../../src/storage/storage.js';
import type { DefinitionChanges } from '../../../src/storage/definition-store.js';
import { aDefinition, anAgent, aPlaceAgent, NOW } from '../../support/builders.js';

const NONE: DefinitionChanges = { agents: [], workflows: [], deletedAgents: [], deletedPlaceAgents: [] };
const agent = (id: string, version = 1) => ({ ...anAgent(), id, version, createdAt: NOW, updatedAt: NOW });
const workflow = (id: string, version = 1) => ({
  definition: { ...aDefinition({}), id, version },
  hash: `${id}-${version}`,
  createdAt: NOW,
});

export function definitionStoreContract(storage: () => Storage): void {
  const save = (changes: Partial<DefinitionChanges>) => storage().definitions.save({ ...NONE, ...changes });

  describe('definitions that are saved together', () => {
    it('are all there', async () => {
      const [one, two, net] = [agent('ds-two'), agent('ds-one'), workflow('ds-w')];
      expect(await save({ agents: [one, two], workflows: [net] })).toBe(true);
      expect(await storage().agents.getMany([{ id: 'ds-two' }, { id: 'ds-one' }])).toEqual([one, two]);
      expect(await storage().workflows.get('ds-w')).toEqual(net);
      expect(await save({ agents: [agent('ds-one', 2)], workflows: [workflow('ds-w', 2)] })).toBe(true);
      expect(await storage().agents.get('ds-one')).toEqual(agent('ds-one', 2));
      expect(await storage().workflows.get('ds-w')).toEqual(workflow('ds-w', 2));
    });

    it('are none of them there where one version is another by now', async () => {
      await save({ agents: [agent('ds-kept')], workflows: [workflow('ds-x')] });
      const place = { ...aPlaceAgent(), id: 'ds-p', workflowId: 'ds-x', createdAt: NOW };
      await storage().placeAgents.create(place);
      const going = { deletedAgents: ['ds-kept'], deletedPlaceAgents: ['ds-p'] };
      expect(await save({ agents: [agent('ds-new')], workflows: [workflow('ds-x')], ...going })).toBe(false);
      expect(await save({ agents: [agent('ds-kept')], workflows: [workflow('ds-y')], ...going })).toBe(false);
      expect(await storage().agents.get('ds-new')).toBeUndefined();
      expect(await storage().workflows.get('ds-y')).toBeUndefined();
      expect(await storage().agents.get('ds-kept')).toEqual(agent('ds-kept'));
      expect(await storage().placeAgents.get('ds-p')).toEqual(place);
    });

    it('go in the same step, and the tokens of a place agent that goes are to be told', async () => {
      await save({ agents: [agent('ds-gone')], workflows: [workflow('ds-z')] });
      await storage().placeAgents.create({ ...aPlaceAgent(), id: 'ds-q', workflowId: 'ds-z', createdAt: NOW });
      const [before] = (await storage().placeAgents.listChanges()).filter(({ workflowId }) => workflowId === 'ds-z');
      expect(await save({ deletedAgents: ['ds-gone', 'ds-nobody'], deletedPlaceAgents: ['ds-q', 'ds-none'] })).toBe(
        true,
      );
      expect(await storage().agents.get('ds-gone')).toBeUndefined();
      expect(await storage().placeAgents.get('ds-q')).toBeUndefined();
      const [after] = (await storage().placeAgents.listChanges()).filter(({ workflowId }) => workflowId === 'ds-z');
      expect(after?.revision).toBeGreaterThan(before?.revision ?? Number.NaN);
      expect(await save({ agents: [agent('ds-gone')] })).toBe(false);
      expect(await save({ agents: [agent('ds-gone', 2)] })).toBe(true);
    });

    it('are saved once by two who do it at the same moment, without an error', async () => {
      const many = Array.from({ length: 50 }, (_, index) => agent(`ds-race-${index}`));
      const saved = await Promise.all([save({ agents: many }), save({ agents: many.toReversed() })]);
      expect(saved.toSorted()).toEqual([false, true]);
    });
  });
}
