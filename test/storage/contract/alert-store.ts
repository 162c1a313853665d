import { describe, expect, it } from 'vitest';

import { alertMessage } from '../../../src/core/alerts/alert-message.js';
import type { Alert } from '../../../src/core/alerts/alert.js';
import type { AlertStore } from '../../../src/storage/alert-store.js';
import type { Storage } from '../../../src/storage/storage.js';
import { NOW } from '../../support/builders.js';

const LATER = '2031-05-01T00:00:00.000Z';

function alert(id: string, fields: Partial<Alert> = {}): Alert {
  return { id, name: 'EXECUTIONS_FAIL', subject: id, since: NOW, threshold: 0.1, summary: 'they fail', ...fields };
}

const over = (fired: Alert, endedAt = LATER): Alert => ({ ...fired, endedAt });

export function alertStoreContract(storage: () => Pick<Storage, 'alerts'>): void {
  describe('alerts', () => {
    const store = (): AlertStore => storage().alerts;
    const idsOf = (alerts: readonly Alert[]) => alerts.flatMap(({ id }) => (id.startsWith('al-') ? [id] : [])).sort();

    it('fire once for a name and a subject, whoever finds out, and again when that is over', async () => {
      const same = ['al-1', 'al-2', 'al-3'].map((id) => alert(id, { subject: 'al-same' }));
      const fired = await Promise.all(same.map((one) => store().fire(one)));
      expect(fired.filter(Boolean)).toHaveLength(1);
      const [open = alert('none')] = (await store().listNow()).filter(({ subject }) => subject === 'al-same');
      expect(await Promise.all([store().end(over(open)), store().end(over(open))])).toContain(false);
      expect(await store().end(over(open))).toBe(false);
      expect(await store().fire(alert('al-4', { subject: 'al-same' }))).toBe(true);
      expect(await store().fire(alert('al-5', { subject: 'al-same', name: 'PROVIDER_LIMITS' }))).toBe(true);
      expect(idsOf(await store().listNow())).toEqual(['al-4', 'al-5']);
      for (const id of ['al-4', 'al-5']) await store().end(over(alert(id)));
    });

    it('are listed now: those that are open, and those that were over after a time', async () => {
      const recent = over(alert('al-recent'));
      for (const one of [alert('al-open'), recent]) await store().fire(alert(one.id));
      await store().end(recent);
      const old = over(alert('al-old'), '2031-01-01T00:00:00.000Z');
      await store().fire(alert('al-old'));
      await store().end(old);
      expect(idsOf(await store().listNow())).toEqual(['al-open']);
      const since = await store().listNow({ endedSince: LATER });
      expect(since).toEqual(expect.arrayContaining([alert('al-open'), recent]));
      expect(idsOf(since)).not.toContain('al-old');
      await store().end(over(alert('al-open')));
    });

    it('are listed in pages, the newest first, of some workflows and by whether they are open', async () => {
      const all = [1, 2, 3, 4].map((day) =>
        alert(`al-p${day}`, { since: `2040-01-0${day}T00:00:00.000Z`, workflowId: day === 3 ? 'al-v' : 'al-w' }),
      );
      for (const one of all) await store().fire(one);
      await store().end(over(alert('al-p4', all[3])));
      const first = await store().list({ ofWorkflows: ['al-w'] }, { first: 2 });
      expect(first.items.map(({ item }) => item.id)).toEqual(['al-p4', 'al-p2']);
      expect(first.hasNextPage).toBe(true);
      const after = first.items.at(-1)?.cursor ?? '';
      const second = await store().list({ ofWorkflows: ['al-w'] }, { first: 2, after });
      expect(second).toMatchObject({ items: [{ item: all[0] }], hasNextPage: false });
      const open = await store().list({ isOpen: true, ofWorkflows: ['al-w', 'al-v'] }, { first: 9 });
      expect(open.items.map(({ item }) => item.id)).toEqual(['al-p3', 'al-p2', 'al-p1']);
      expect(await store().list({ isOpen: false, ofWorkflows: ['al-v'] }, { first: 9 })).toMatchObject({ items: [] });
      expect(idsOf(await store().listNow({ ofWorkflows: ['al-v'] }))).toEqual(['al-p3']);
      await expect(store().list({}, { first: 1, after: 'nonsense' })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
      for (const one of all) await store().end(over(one));
    });

    it('are forgotten when they have been over for long', async () => {
      for (const id of ['al-f1', 'al-f2', 'al-f3']) await store().fire(alert(id, { workflowId: 'al-f' }));
      await store().end(over(alert('al-f1', { workflowId: 'al-f' }), '2020-01-01T00:00:00.000Z'));
      await store().end(over(alert('al-f2', { workflowId: 'al-f' })));
      await store().forget({ endedBefore: '2020-01-02T00:00:00.000Z', toldAgoMs: 60_000 });
      const { items } = await store().list({ ofWorkflows: ['al-f'] }, { first: 9 });
      expect(items.map(({ item }) => item.id)).toEqual(['al-f3', 'al-f2']);
      await store().end(over(alert('al-f3')));
    });
  });

  describe('messages about alerts', () => {
    const store = (): AlertStore => storage().alerts;
    const IN_A_MINUTE = 60_000;

    it('are kept with what changed, once, and come in order for each alert', async () => {
      await store().dropAllMessages();
      const fired = alert('al-m1', { subject: 'é "' });
      const ended = over(fired);
      await store().fire(fired, alertMessage(fired));
      expect(await store().fire({ ...fired, id: 'al-m0' }, alertMessage({ ...fired, id: 'al-m0' }))).toBe(false);
      await store().end(ended, alertMessage(ended));
      expect(await store().end(ended, alertMessage(ended))).toBe(false);
      const first = await store().takeMessage(IN_A_MINUTE);
      expect(first).toMatchObject({ ...alertMessage(fired), attempt: 1 });
      expect(first?.ageMs).toBeGreaterThanOrEqual(0);
      expect(await store().takeMessage(IN_A_MINUTE)).toBeUndefined();
      expect(await store().dropMessage(alertMessage(fired).id)).toBe(true);
      expect(await store().dropMessage(alertMessage(fired).id)).toBe(false);
      expect(await store().takeMessage(IN_A_MINUTE)).toMatchObject(alertMessage(ended));
      expect(await store().dropAllMessages()).toBe(1);
      expect(await store().takeMessage(IN_A_MINUTE)).toBeUndefined();
    });

    it('are taken by one at a time, and by another one when the time of the first is over', async () => {
      await store().dropAllMessages();
      const [one, other] = [alert('al-t1'), alert('al-t2')];
      for (const fired of [one, other]) await store().fire(fired, alertMessage(fired));
      const taken = await Promise.all([1, 2, 3].map(() => store().takeMessage(IN_A_MINUTE)));
      expect(taken.flatMap((message) => message?.alertId ?? []).sort()).toEqual(['al-t1', 'al-t2']);
      // As by somebody who took it a minute ago and died.
      await store().postponeMessage(alertMessage(other).id, 0);
      expect(await store().takeMessage(IN_A_MINUTE)).toMatchObject({ ...alertMessage(other), attempt: 2 });
      await store().dropAllMessages();
      for (const fired of [one, other]) await store().end(over(fired));
    });
  });

  describe('what processes count for alerts', () => {
    const store = (): AlertStore => storage().alerts;

    it('is added once, however often it is told, and passes with time', async () => {
      const tally = { executionsFailed: { 'al-a': 2, constructor: 1 } };
      const told = { processId: 'al-p', number: 1, tally };
      for (const again of [told, told, { ...told, number: 2 }, { ...told, processId: 'al-q' }])
        await store().tell(again);
      const own = (await store().toldWithin(60_000)).filter((found) => found.executionsFailed?.['al-a'] === 2);
      expect(own).toEqual([tally, tally, tally]);
      expect(await store().toldWithin(-1)).toEqual([]);
      await store().forget({ endedBefore: '2000-01-01T00:00:00.000Z', toldAgoMs: -1000 });
      expect(await store().toldWithin(60_000)).toEqual([]);
    });

    it('is looked at by one of many', async () => {
      expect(await store().ageOfMark('al-round')).toBeUndefined();
      const asked = await Promise.all([1, 2, 3, 4].map(() => store().mark('al-round', 60_000)));
      expect(asked.filter(Boolean)).toHaveLength(1);
      expect(await store().ageOfMark('al-round')).toBeGreaterThanOrEqual(0);
      expect(await store().mark('al-round')).toBe(true);
      await store().unmark('al-round');
      expect(await store().ageOfMark('al-round')).toBeUndefined();
    });
  });
}
