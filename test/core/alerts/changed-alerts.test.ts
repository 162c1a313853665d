import { describe, expect, it } from 'vitest';

import type { Alert, Trouble } from '../../../src/core/alerts/alert.js';
import { changedAlerts, MOST_OF_A_NAME } from '../../../src/core/alerts/changed-alerts.js';

const NOW = '2026-11-30T10:00:00.000Z';

function trouble(subject: string, fields: Partial<Trouble> = {}): Trouble {
  return { name: 'EXECUTIONS_FAIL', subject, threshold: 0.1, summary: `${subject} fails`, ...fields };
}
const open = (one: Trouble): Alert => ({ ...one, id: one.subject, since: NOW });
const many = (count: number) => Array.from({ length: count }, (_, index) => trouble(`a${index}`));
const subjects = (found: readonly Trouble[]) => found.map(({ subject }) => subject);

describe('what becomes of alerts', () => {
  it('is that what is wrong and was not told fires, and what is not wrong any more is over', () => {
    const slow = trouble('b', { name: 'PROVIDER_SLOW' });
    const changes = changedAlerts([open(trouble('a')), open(trouble('b'))], [trouble('a'), slow], NOW);
    expect(changes).toEqual({ fired: [slow], over: [open(trouble('b'))] });
    expect(changedAlerts([open(trouble('a'))], [trouble('a')], NOW)).toEqual({ fired: [], over: [] });
  });

  it('is nothing until its day is over of what is told once a day', () => {
    const told = open(trouble('agent a', { name: 'BUDGET_NEARLY_SPENT', lastsUntil: '2026-12-01T00:00:00.000Z' }));
    expect(changedAlerts([told], [], '2026-11-30T23:59:59.999Z').over).toEqual([]);
    expect(changedAlerts([told], [], '2026-12-01T00:00:00.000Z').over).toEqual([told]);
  });

  it('is told as one of those that are too many, and nothing ends because others are worse', () => {
    const known = open(trouble('known'));
    const { fired, over } = changedAlerts([known], [...many(40), trouble('known')], NOW);
    expect(over).toEqual([]);
    expect(fired).toHaveLength(MOST_OF_A_NAME);
    expect(fired.at(-1)).toMatchObject({ subject: 'others', value: 21, summary: 'a19 fails, and 20 more like it' });
    const still = [known, ...fired.map(open)];
    expect(changedAlerts(still, [trouble('known'), ...many(40)].reverse(), NOW)).toEqual({ fired: [], over: [] });
    expect(subjects(changedAlerts(still, many(19), NOW).over).sort()).toEqual(['known', 'others']);
  });

  it('is no more than so many of what lasts, however long ago they were told, and together they last as long', () => {
    const budget = (index: number) =>
      trouble(`agent ${index}`, { name: 'BUDGET_NEARLY_SPENT', lastsUntil: '2026-12-01T00:00:00.000Z' });
    const told = Array.from({ length: MOST_OF_A_NAME }, (_, index) => open(budget(index)));
    const { fired } = changedAlerts(told, [budget(100), budget(101)], NOW);
    expect(fired).toMatchObject([{ subject: 'others', value: 2, lastsUntil: '2026-12-01T00:00:00.000Z' }]);
    const all = [...told, ...fired.map(open)];
    expect(changedAlerts(all, [], NOW)).toEqual({ fired: [], over: [] });
    expect(changedAlerts(all, [], '2026-12-01T00:00:00.000Z').over).toHaveLength(MOST_OF_A_NAME + 1);
  });
});
