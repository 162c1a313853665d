import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { EXECUTION_DISAGREEMENTS } from '../../src/reconcile/compare-executions.js';
import {
  definitionDisagreement,
  isConfirmed,
  looksLost,
  TOKEN_DISAGREEMENTS,
  tokenDisagreement,
  type Standing,
  type TemporalStanding,
} from '../../src/reconcile/disagreement.js';
import { aDefinition, aPlaceAgent, aToken } from '../support/builders.js';

const active: Standing = { ...aToken(aDefinition()), version: 3 };
const ended: Standing = { ...active, status: 'COMPLETED', version: 4 };
const kept = (token: Standing, more: object = {}): TemporalStanding => ({
  ...{ type: 'kept', token, placeAgents: [], isDeleted: false },
  ...more,
});
const cutOff: TemporalStanding = { type: 'cut-off', close: 'TERMINATED' };

describe('what storage and Temporal disagree on', () => {
  it.each([
    ['nothing', active, kept(active), undefined],
    ['nothing, of what has ended', ended, { type: 'ended' }, undefined],
    ['nothing, where a history is gone of what has ended', ended, { type: 'unknown' }, undefined],
    ['nothing, of what was deleted', undefined, kept(ended, { isDeleted: true }), undefined],
    ['nothing, of what neither has', undefined, { type: 'unknown' }, undefined],
    ['a history that is gone', active, { type: 'unknown' }, 'HISTORY_GONE'],
    ['an end from outside', active, cutOff, 'ENDED_FROM_OUTSIDE'],
    ['a token that storage has not', undefined, kept(active), 'LOST_IN_STORAGE'],
    ['an older version in storage', active, kept({ ...active, version: 5 }), 'BEHIND_IN_STORAGE'],
    ['an end that was not recorded', active, kept(ended), 'BEHIND_IN_STORAGE'],
    ['an older version in Temporal', ended, kept(active), 'BEHIND_IN_TEMPORAL'],
    ['one version, decided twice', active, kept({ ...active, place: 'p', updatedAt: '9' }), 'BEHIND_IN_STORAGE'],
    ['the same the other way round', active, kept({ ...active, place: 'p', updatedAt: '0' }), 'BEHIND_IN_TEMPORAL'],
  ] as const)('%s', (_, stored, temporal, found) => {
    expect(tokenDisagreement({ stored, temporal })).toBe(found);
  });

  it('is none while a change is on its way, and each look is at another moment of it', () => {
    const at = (version: number): Standing => ({ ...active, version });
    const first = { stored: at(3), temporal: kept(at(4)) };
    expect(isConfirmed(first, { stored: at(4), temporal: kept(at(5)) })).toBe(false);
    expect(isConfirmed(first, { stored: at(4), temporal: kept(at(4)) })).toBe(false);
    expect(isConfirmed(first, first)).toBe(true);
    const back = { stored: at(4), temporal: kept(at(3)) };
    expect(isConfirmed(back, { stored: at(5), temporal: kept(at(4)) })).toBe(false);
    expect(isConfirmed(back, back)).toBe(true);
  });

  it('is also a version of the workflow that is missing, and agents of its place that the token does not know, or knows no more', () => {
    const definition = { ...aDefinition(), placeAgents: [aPlaceAgent({ id: 'nightly', placeId: active.place })] };
    const differs = (placeAgents: readonly string[]) =>
      definitionDisagreement({ stored: active, temporal: kept(active, { placeAgents }) }, definition);
    expect(differs(['nightly'])).toBeUndefined();
    expect(differs([])).toBe('PLACE_AGENTS_DIFFER');
    expect(differs(['nightly', 'removed'])).toBe('PLACE_AGENTS_DIFFER');
    const views = { stored: active, temporal: kept(active) };
    expect(definitionDisagreement(views, undefined)).toBe('VERSION_MISSING');
    expect(definitionDisagreement({ stored: ended, temporal: kept(ended) }, undefined)).toBeUndefined();
  });
});

it('the guide has a row for each disagreement, and for no other', () => {
  const rows = readFileSync('docs/guides/backups.md', 'utf8').matchAll(/^\| `([A-Z_]+)`: /gm);
  const known = new Set<string>([...TOKEN_DISAGREEMENTS, ...EXECUTION_DISAGREEMENTS]);
  expect([...rows].map(([, name]) => name).toSorted()).toEqual([...known].toSorted());
});

describe('a Temporal', () => {
  it.each([
    [{ known: 0, unknown: 0, hasOurs: false }, false],
    [{ known: 1, unknown: 500, hasOurs: true }, false],
    [{ known: 0, unknown: 9, hasOurs: true }, false],
    [{ known: 0, unknown: 10, hasOurs: true }, true],
    [{ known: 0, unknown: 1, hasOurs: false }, true],
  ])('%j looks lost: %j', (counts, isLost) => {
    expect(looksLost(counts)).toBe(isLost);
  });
});
