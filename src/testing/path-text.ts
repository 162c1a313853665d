import type { JsonValue } from '../core/json/json.js';
import { isJsonObject } from '../core/json/json.js';
import type { TokenEvent } from '../core/tokens/token.js';
import { shownSpan } from './span.js';
import type { VirtualToken } from './virtual-token.js';

/** What happened to a token, a line each, for people and for snapshots: the same run gives the same text. */
export function pathText({ events, executions }: Pick<VirtualToken, 'events' | 'executions'>): string {
  const [first] = events;
  if (first === undefined) return '';
  const agents = new Map(executions.map(({ executionId, agentId }) => [executionId, agentId]));
  const begun = Date.parse(first.timestamp);
  const lines = events.flatMap((event) => {
    const text = words(event, agents.get(event.executionId ?? ''));
    return text === undefined ? [] : [[shownSpan(Date.parse(event.timestamp) - begun), text] as const];
  });
  const width = Math.max(...lines.map(([at]) => at.length));
  return lines.map(([at, text]) => `${at.padEnd(width)}  ${text}`).join('\n');
}

/** Undefined: another line says it. */
function words({ type, place, transitionId = '', details }: TokenEvent, agent = ''): string | undefined {
  switch (type) {
    case 'CREATED':
      return place;
    case 'TRANSITION_FIRED':
      return `${detail(details, 'from')} → ${detail(details, 'to')} by ${transitionId}`;
    case 'TRANSITION_STARTED':
      return undefined;
    case 'EXECUTION_STARTED':
      return `${agent} runs for ${transitionId || detail(details, 'placeAgentId')}`;
    case 'EXECUTION_FINISHED':
      return `${agent} ${detail(details, 'status')}${withCode(details)}${discarded(details)}`;
    case 'TRANSITION_REFUSED':
      return `${transitionId} refused: ${detail(details, 'message')}`;
    case 'INCIDENT_RAISED':
      return `incident ${detail(details, 'code')}: ${detail(details, 'message')}`;
    case 'INCIDENT_RESOLVED':
      return `incident ${detail(details, 'code')} resolved`;
    case 'MIGRATED':
      return migration(details);
    case 'UPDATED':
      return 'updated';
    case 'COMPLETED':
    case 'CANCELLED':
    case 'TERMINATED':
    case 'RESET':
      return `${type.toLowerCase()} in ${place}`;
  }
}

function migration(details: JsonValue | undefined): string {
  const [from, to] = [detail(details, 'from'), detail(details, 'to')];
  const version = isJsonObject(details) ? JSON.stringify(details['toVersion']) : '';
  return from === to ? `migrated to version ${version}` : `${from} → ${to}, migrated to version ${version}`;
}

function withCode(details: JsonValue | undefined): string {
  const code = detail(details, 'errorCode');
  return code === '' ? '' : ` (${code})`;
}

function discarded(details: JsonValue | undefined): string {
  return detail(details, 'discarded') === '' ? '' : ', discarded';
}

function detail(details: JsonValue | undefined, name: string): string {
  if (!isJsonObject(details)) return '';
  const value = details[name];
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
}
