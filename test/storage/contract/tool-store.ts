import { describe, expect, it } from 'vitest';

import type { ToolOffer } from '../../../src/core/agents/tool-offer.js';
import type { ToolOutcome } from '../../../src/core/executions/tool-call.js';
import type { ToolStore } from '../../../src/storage/tool-store.js';

function anOffer(name: string, description = 'Looks up.'): ToolOffer {
  return { name, description, parameters: { type: 'object' }, idempotent: true, timeoutSeconds: 30 };
}

const DONE: ToolOutcome = { type: 'answered', result: { found: 'ä\u0000' } };

export function toolStoreContract(store: () => ToolStore): void {
  describe('what workers offer', () => {
    it('is listed by name as it was offered last, and forgotten when nobody has offered it for long', async () => {
      const names = async () => (await store().offers()).map(({ name }) => name);
      await store().offer([anOffer('t-b'), anOffer('t-a')], '2031-01-01T00:00:00.000Z', '2030-12-31T00:00:00.000Z');
      await store().offer([anOffer('t-a', 'New.')], '2031-01-02T12:00:00.000Z', '2031-01-01T00:00:00.000Z');
      expect(await names()).toEqual(['t-a', 't-b']);
      expect((await store().offers())[0]).toEqual(anOffer('t-a', 'New.'));
      await store().offer([], '2031-01-02T12:00:00.000Z', '2031-01-02T00:00:00.000Z');
      expect(await names()).toEqual(['t-a']);
    });
  });

  describe('calls of tools', () => {
    it('count the attempts that began, each once', async () => {
      const place = { executionId: 'tool-count', turn: 1, index: 0 };
      expect(await store().beginCall(place, 'first')).toEqual({ attempts: 1 });
      expect(await store().beginCall(place, 'first')).toEqual({ attempts: 1 });
      expect(await store().beginCall(place, 'second')).toEqual({ attempts: 2 });
      expect(await store().beginCall({ ...place, index: 1 }, 'second')).toEqual({ attempts: 1 });
    });

    it('keep the first outcome, which whoever begins again is told', async () => {
      const place = { executionId: 'tool-end', turn: 2, index: 1 };
      await store().beginCall(place, 'first');
      const kept = { type: 'answered', result: { found: 'ä\uFFFD' } };
      expect(await store().endCall(place, DONE)).toEqual(kept);
      expect(await store().endCall(place, { type: 'unknown', message: 'Lost.' })).toEqual(kept);
      expect(await store().beginCall(place, 'second')).toEqual({ attempts: 2, outcome: kept });
      await store().beginCall({ ...place, index: 2 }, 'first');
      expect(await store().outcomes('tool-end', 2)).toEqual(new Map([[1, kept]]));
      expect(await store().outcomes('tool-end', 1)).toEqual(new Map());
    });
  });
}
