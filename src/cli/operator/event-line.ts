import { isJsonObject, ownValue, type JsonValue } from '../../core/json/json.js';
import { shorten } from '../../core/json/preview.js';
import type { TokenEventType } from '../../core/tokens/token.js';

/** Something that happened to a token, as the API or storage has it. */
export interface ShownEvent {
  readonly type: TokenEventType;
  readonly place: string;
  readonly transitionId?: string | null;
  readonly executionId?: string | null;
  readonly details?: JsonValue;
}

/** An event of a token in words, one line; undefined where another line says it. */
export function eventLine({ type, place, transitionId, executionId, details = null }: ShownEvent): string | undefined {
  switch (type) {
    case 'CREATED':
      return `Begins in ${place}.`;
    case 'TRANSITION_STARTED':
      return undefined;
    case 'TRANSITION_FIRED':
      return `→ ${place}${transitionId == null ? '' : `, by ${transitionId}`}`;
    case 'MIGRATED':
      return `Goes over to another version of the workflow, in ${place}.`;
    case 'TRANSITION_REFUSED':
      return `${transitionId ?? 'A transition'} was refused.`;
    case 'EXECUTION_STARTED':
      return `An agent works${inShadow(details)}: execution ${executionId ?? ''}`;
    case 'EXECUTION_FINISHED':
      return `The agent${inShadow(details)} has ended: ${[detail(details, 'status'), detail(details, 'errorCode')].filter((each) => each !== '').join(', ')}`;
    case 'INCIDENT_RAISED':
      return `Incident ${detail(details, 'code')}: ${detail(details, 'message')}`;
    case 'INCIDENT_RESOLVED':
      return `Incident ${detail(details, 'code')} is resolved.`;
    case 'UPDATED':
      return 'Was changed.';
    case 'RESET':
      return `Was reset, and is in ${place}.`;
    case 'COMPLETED':
    case 'CANCELLED':
    case 'TERMINATED':
      return `Ended in ${place} (${type}).`;
  }
}

function inShadow(details: JsonValue): string {
  return isJsonObject(details) && details['shadow'] === true ? ' in the shadow' : '';
}

function detail(details: JsonValue, name: string): string {
  const value = isJsonObject(details) ? ownValue(details, name) : undefined;
  return typeof value === 'string' ? shorten(value.replaceAll(/\s+/g, ' ')) : '';
}
