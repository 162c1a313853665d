import { describe, expect, it } from 'vitest';

import type { PlaceAgentSchedule, WorkflowDefinition } from '../../../src/core/definitions/definition.js';
import { decide } from '../../../src/core/engine/decide.js';
import type { Decision } from '../../../src/core/engine/decision.js';
import type { PlaceAgentRuns, Token } from '../../../src/core/tokens/token.js';
import {
  aDefinition,
  aPlaceAgent,
  aToken,
  aTransition,
  anAgentTransition,
  facts,
  NOW,
} from '../../support/builders.js';

/** Submitted, reviewed, done. */
const first = aDefinition();
const LATER = '2026-11-23T06:00:00.000Z';

function migrate(
  token: Token,
  target: WorkflowDefinition,
  { source = first, ...more }: { source?: WorkflowDefinition; placeMapping?: Record<string, string> } = {},
): Decision {
  const input = { type: 'migrate' as const, fromVersion: 1, target: { ...target, version: 2 }, ...more };
  return decide(source, token, input, facts);
}

const reasons = ({ refusal }: Decision) => refusal?.blockers.map(({ code, message }) => `${code} ${message}`);
const told = ({ events }: Decision) => events.map(({ type }) => type);

describe('a token that goes over to another version', () => {
  it('is of that version, one version of its own on, and says from where to where it came', () => {
    const target = aDefinition({
      places: ['drafted', 'reviewed', 'done'],
      initialPlace: 'drafted',
      transitions: [
        aTransition({ id: 'review', fromPlaces: ['drafted'], toPlace: 'reviewed' }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    });
    const decision = migrate(aToken(first), target, { placeMapping: { submitted: 'drafted' } });
    expect(decision.token).toMatchObject({ workflowVersion: 2, version: 2, place: 'drafted', transitionCount: 0 });
    const details = { fromVersion: 1, toVersion: 2, from: 'submitted', to: 'drafted' };
    expect(decision.events).toEqual([{ type: 'MIGRATED', version: 2, place: 'drafted', timestamp: NOW, details }]);
    const entry = { version: 2, timestamp: NOW, fromPlace: 'submitted', toPlace: 'drafted' };
    expect(decision.token.history).toEqual([{ ...entry, note: 'migrated to version 2' }]);
  });

  it('takes an automatic transition whose rules hold now, by the new version', () => {
    const target = aDefinition({
      transitions: [
        aTransition({ id: 'skip', toPlace: 'reviewed', trigger: 'automatic' }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    });
    const decision = migrate(aToken(first), target);
    expect(told(decision)).toEqual(['MIGRATED', 'TRANSITION_FIRED']);
    expect(decision.token.place).toBe('reviewed');
  });

  it('is complete where nothing leads out any more', () => {
    const target = aDefinition({
      places: ['begun', 'submitted'],
      initialPlace: 'begun',
      transitions: [aTransition({ id: 'submit', fromPlaces: ['begun'], toPlace: 'submitted' })],
    });
    const incident = { code: 'automatic_steps_exceeded' as const, message: 'round', since: NOW };
    const decision = migrate(aToken(first, { incident }), target);
    expect(told(decision)).toEqual(['MIGRATED', 'INCIDENT_RESOLVED', 'COMPLETED']);
    expect(decision.token).toMatchObject({ status: 'COMPLETED', place: 'submitted' });
    expect(decision.token).not.toHaveProperty('incident');
  });

  it('takes its incident along where that can be tried again', () => {
    const incident = { code: 'auth' as const, message: 'no', transitionId: 'review', since: NOW, patch: { a: 1 } };
    const source = aDefinition({ transitions: [aTransition({ id: 'review', agentExecution: anAgentTransition() })] });
    const decision = migrate(aToken(source, { incident }), source, { source });
    expect(decision.token.incident).toEqual(incident);
    expect(told(decision)).toEqual(['MIGRATED']);
  });

  it.each<[string, Partial<Token>, string[]]>([
    ['has another version', { workflowVersion: 3 }, ['OTHER_VERSION it is of version 3, not 1']],
    [
      'waits for an agent, in a place that is gone',
      { pending: { transitionId: 'review', executionId: 'x', since: NOW }, place: 'reviewed' },
      ['PENDING transition review waits for its agent (x)', 'PLACE_MISSING version 2 has no place reviewed'],
    ],
    [
      'has a place agent running',
      { placeAgentRuns: { watch: { count: 1, executionId: 'y' }, rest: { count: 1 } } },
      ['PLACE_AGENT_RUNNING place agent watch is running (y)'],
    ],
    [
      'has an incident of a transition that is gone',
      { incident: { code: 'auth', message: 'no', transitionId: 'review', since: NOW } },
      ['INCIDENT_UNFIT its incident auth is of transition review, which version 2 does not have in submitted'],
    ],
    [
      'has an incident of a place agent that is gone',
      { incident: { code: 'auth', message: 'no', placeAgentId: 'watch', since: NOW } },
      ['INCIDENT_UNFIT its incident auth is of place agent watch, which version 2 does not have in submitted'],
    ],
  ])('stays where it %s, with every reason', (_what, fields, expected) => {
    const target = aDefinition({
      places: ['submitted', 'done'],
      transitions: [aTransition({ id: 'end', toPlace: 'done' })],
    });
    const token = aToken(first, fields);
    const decision = migrate(token, target);
    expect(reasons(decision)).toEqual(expected);
    expect(decision.refusal?.code).toBe('MIGRATION_REFUSED');
    expect(decision.token).toBe(token);
    expect(decision.events).toEqual([]);
  });

  it('names the place that its own is mapped to where that is missing', () => {
    const decision = migrate(aToken(first), first, { placeMapping: { submitted: 'nowhere' } });
    expect(reasons(decision)).toEqual(['PLACE_MISSING version 2 has no place nowhere, which submitted is mapped to']);
  });
});

describe('the schedule of a place agent whose token goes over', () => {
  const watching = (schedule?: PlaceAgentSchedule, placeId = 'submitted') =>
    aDefinition({ placeAgents: [aPlaceAgent({ id: 'watch', placeId, ...(schedule && { schedule }) })] });
  const hourly = { intervalSeconds: 3600 };
  const after = (runs: PlaceAgentRuns, before?: PlaceAgentSchedule, then?: PlaceAgentSchedule) => {
    const source = watching(before);
    const { token } = migrate(aToken(source, { placeAgentRuns: { watch: runs } }), watching(then), { source });
    return token.placeAgentRuns['watch'];
  };

  it.each<[string, PlaceAgentRuns, PlaceAgentSchedule | undefined, PlaceAgentSchedule | undefined, PlaceAgentRuns]>([
    ['is what it was where it is the same', { count: 2, due: LATER }, hourly, hourly, { count: 2, due: LATER }],
    ['keeps a run that is due', { count: 2, due: LATER }, hourly, { intervalSeconds: 60 }, { count: 2, due: LATER }],
    [
      'ends where no more runs are allowed',
      { count: 2, due: LATER },
      hourly,
      { ...hourly, maxExecutions: 2 },
      { count: 2 },
    ],
    ['ends where it is once per stay and has run', { count: 1, due: LATER }, hourly, undefined, { count: 1 }],
    ['goes on an interval later where it was over', { count: 1 }, undefined, hourly, { count: 1, due: LATER }],
    [
      'keeps what its last run leads to',
      { count: 1, transitionDue: true },
      undefined,
      undefined,
      { count: 1, transitionDue: true },
    ],
  ])('%s', (_what, runs, before, then, expected) => {
    expect(after(runs, before, then)).toEqual(expected);
  });

  it('begins anew in another place, and ends where the place has no such agent any more', () => {
    const delayed = { initialDelaySeconds: 3600 };
    const source = watching(hourly);
    const token = aToken(source, { placeAgentRuns: { watch: { count: 5, due: '2026-11-23T05:10:00.000Z' } } });
    const there = watching(delayed, 'reviewed');
    const moved = migrate(token, there, { source, placeMapping: { submitted: 'reviewed' } });
    expect(moved.token.placeAgentRuns).toEqual({ watch: { count: 0, due: LATER } });
    expect(migrate(token, there, { source }).token.placeAgentRuns).toEqual({});
  });
});
