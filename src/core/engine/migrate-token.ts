import { isEndPlace, placeAgentsIn, type WorkflowDefinition } from '../definitions/definition.js';
import { withMove } from '../tokens/newest-moves.js';
import type { PlaceAgentRuns } from '../tokens/token.js';
import type { Migration, Refusal } from './decision.js';
import { migrationRefusal, placeAfter, unfitForMigration, unreadyForMigration } from './migration-blockers.js';
import { carriedRuns } from './place-agent-schedule.js';
import { change, withToken, type EventDraft, type Progress } from './progress.js';

export type Migrated =
  { readonly type: 'refused'; readonly refusal: Refusal } | { readonly type: 'clear'; readonly progress: Progress };

/**
 * Puts the token under another version of its workflow: what follows is decided by that. Its incident goes along, and so do the
 * schedules of place agents that both versions have in a place where it stays. Where nothing leads out any more it is complete.
 */
export function migrateToken(progress: Progress, migration: Migration): Migrated {
  const { token } = progress;
  const { target } = migration;
  const refusal = migrationRefusal(token, target.version, () => [
    ...unreadyForMigration(token, migration),
    ...unfitForMigration(token, migration),
  ]);
  if (refusal !== undefined) return { type: 'refused', refusal };
  return { type: 'clear', progress: goOver(progress, target, placeAfter(token.place, migration)) };
}

function goOver(progress: Progress, target: WorkflowDefinition, place: string): Progress {
  const { token, facts } = progress;
  const { incident, workflowVersion: fromVersion } = token;
  const toVersion = target.version;
  const ends = isEndPlace(target, place);
  const entry = {
    version: token.version + 1,
    timestamp: facts.now,
    fromPlace: token.place,
    toPlace: place,
    note: `migrated to version ${toVersion}`,
  };
  const events: EventDraft[] = [
    { type: 'MIGRATED', details: { fromVersion, toVersion, from: token.place, to: place } },
    ...(ends && incident !== undefined
      ? [{ type: 'INCIDENT_RESOLVED' as const, details: { code: incident.code } }]
      : []),
    ...(ends ? [{ type: 'COMPLETED' as const }] : []),
  ];
  const fields = {
    workflowVersion: toVersion,
    place,
    status: ends ? ('COMPLETED' as const) : token.status,
    incident: ends ? undefined : incident,
    history: withMove(token.history, entry),
    placeAgentRuns: place === token.place ? runsThere(progress, target) : {},
    ...(ends ? { shadows: undefined } : {}),
  };
  // It comes from outside: the token may go on by itself for another while.
  const reset = withToken({ ...progress, definition: target }, { automaticSteps: 0 });
  return change(reset, fields, events);
}

/** Of the agents that the place has in both versions. */
function runsThere(
  { definition, token, facts }: Progress,
  target: WorkflowDefinition,
): Readonly<Record<string, PlaceAgentRuns>> {
  const there = new Map(placeAgentsIn(target, token.place).map((agent) => [agent.id, agent]));
  const kept = Object.entries(token.placeAgentRuns).flatMap(([id, runs]) => {
    const agent = there.get(id);
    if (agent === undefined) return [];
    const before = definition.placeAgents.find((one) => one.id === id);
    return [[id, carriedRuns(runs, { before: before?.schedule, after: agent.schedule }, facts.now)] as const];
  });
  return Object.fromEntries(kept);
}
