import { placeAgentsIn, transitionsFrom, type WorkflowDefinition } from '../definitions/definition.js';
import { ownValue } from '../json/json.js';
import type { Blocker } from '../rules/blocker.js';
import type { Incident, Token } from '../tokens/token.js';
import type { Migration, Refusal } from './decision.js';
import { closedBlockers } from './find-blockers.js';
import { reasonsOf, refusalOf } from './refusal.js';

/** What stands against a token's leaving its version now, whatever the other one is like. */
export function unreadyForMigration(token: Token, { fromVersion }: Pick<Migration, 'fromVersion'>): readonly Blocker[] {
  const { workflowVersion, pending, placeAgentRuns } = token;
  const running = Object.entries(placeAgentRuns).flatMap(([id, { executionId }]) =>
    executionId === undefined ? [] : [{ id, executionId }],
  );
  return [
    ...(workflowVersion === fromVersion
      ? []
      : [blocker('OTHER_VERSION', `it is of version ${workflowVersion}, not ${fromVersion}`)]),
    ...(pending === undefined
      ? []
      : [blocker('PENDING', `transition ${pending.transitionId} waits for its agent (${pending.executionId})`)]),
    ...running.map(({ id, executionId }) =>
      blocker('PLACE_AGENT_RUNNING', `place agent ${id} is running (${executionId})`),
    ),
  ];
}

/** What of a token does not fit into the version that it is to go over to. */
export function unfitForMigration(
  { place: from, incident }: Token,
  migration: Pick<Migration, 'target' | 'placeMapping'>,
): readonly Blocker[] {
  const { target } = migration;
  const place = placeAfter(from, migration);
  if (!target.places.includes(place)) {
    const mapped = place === from ? '' : `, which ${from} is mapped to`;
    return [blocker('PLACE_MISSING', `version ${target.version} has no place ${place}${mapped}`)];
  }
  if (incident === undefined || fits(incident, target, place)) return [];
  const { transitionId, placeAgentId = '' } = incident;
  const what = transitionId === undefined ? `place agent ${placeAgentId}` : `transition ${transitionId}`;
  const message = `its incident ${incident.code} is of ${what}, which version ${target.version} does not have in ${place}`;
  return [blocker('INCIDENT_UNFIT', message)];
}

/** Where a token is once it has gone over. */
export function placeAfter(place: string, { placeMapping = {} }: Pick<Migration, 'placeMapping'>): string {
  return ownValue(placeMapping, place) ?? place;
}

/** The refusal of a migration; undefined where nothing stands against it. */
export function migrationRefusal(
  token: Token,
  toVersion: number,
  find: (token: Token) => readonly Blocker[],
): Refusal | undefined {
  const wanted = `go over to version ${toVersion}`;
  const closed = closedBlockers(token);
  if (closed.length > 0) return refusalOf(token, wanted, closed);
  const blockers = find(token);
  if (blockers.length === 0) return undefined;
  const message = `Token ${token.id} does not ${wanted}: ${reasonsOf(blockers)}.`;
  return { code: 'MIGRATION_REFUSED', message, blockers };
}

/** Whether what raised an incident can be tried again there. */
function fits({ transitionId, placeAgentId }: Incident, target: WorkflowDefinition, place: string): boolean {
  if (transitionId !== undefined) return transitionsFrom(target, place).some(({ id }) => id === transitionId);
  return placeAgentId === undefined || placeAgentsIn(target, place).some(({ id }) => id === placeAgentId);
}

function blocker(code: Blocker['code'], message: string): Blocker {
  return { code, message };
}
