import { isJsonObject } from '../json/json.js';
import type { TokenFields } from '../json/path.js';
import type { Incident, PendingTransition, Token } from './token.js';
import type { NumberedEvent, TokenRecord } from './token-record.js';

/** The code of the incident that says so, and in the place of details that could not be stored. */
export const RECORD_REFUSED = 'record_refused';

/**
 * What can be stored of a record that storage has refused for its content: what happened, without what was said. Data and
 * metadata are those that were stored last; the token's Temporal workflow has the new ones.
 */
export function recordWithoutContent(record: TokenRecord, { data, metadata }: TokenFields): TokenRecord {
  const { token, events, executions } = record;
  return {
    ...record,
    token: { ...withoutWords(token), data, metadata },
    events: events.map(withoutDetails),
    executions: executions.map((execution) => ({ ...execution, input: {} })),
  };
}

function withoutWords({ pending, incident, ...token }: Token): Token {
  return {
    ...token,
    ...(pending === undefined ? {} : { pending: withoutPatch(pending) }),
    ...(incident === undefined ? {} : { incident: withoutMessage(incident) }),
  };
}

function withoutPatch({ patch: _unstored, ...pending }: PendingTransition): PendingTransition {
  return pending;
}

function withoutMessage({ patch: _unstored, ...incident }: Incident): Incident {
  return incident.code === RECORD_REFUSED ? incident : { ...incident, message: 'Storage refused what it says.' };
}

function withoutDetails(event: NumberedEvent): NumberedEvent {
  const { details } = event;
  const isOurs = isJsonObject(details) && details['code'] === RECORD_REFUSED;
  return details === undefined || isOurs ? event : { ...event, details: { code: RECORD_REFUSED } };
}
