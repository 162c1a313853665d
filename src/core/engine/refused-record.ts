import { change, type Progress } from './progress.js';
import { RECORD_REFUSED } from '../tokens/record-without-content.js';

/**
 * Storage refused, for its content, what was to be recorded of the token. That is told once, as an incident; where one stands
 * already it stays, and a token that has closed is not changed: otherwise each refusal would lead to the next record.
 */
export function raiseRefusedRecord(progress: Progress, message: string): Progress {
  const { incident, status } = progress.token;
  if (incident !== undefined || status !== 'ACTIVE') return progress;
  const refused = { code: RECORD_REFUSED, message } as const;
  return change(progress, { incident: { ...refused, since: progress.facts.now } }, [
    { type: 'INCIDENT_RAISED', details: refused },
  ]);
}
