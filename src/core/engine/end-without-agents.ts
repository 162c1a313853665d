import { isEndPlace, type WorkflowDefinition } from '../definitions/definition.js';
import type { Token } from '../tokens/token.js';
import { change, type Progress } from './progress.js';

/** Whether a token is where nothing leads out and nothing runs any more: its place has become one where tokens end. */
export function isWithoutAgents(definition: WorkflowDefinition, { status, place, pending }: Token): boolean {
  return status === 'ACTIVE' && pending === undefined && isEndPlace(definition, place);
}

/** Completes such a token, as if it had come to its place now. What its agents have left behind concerns nobody. */
export function endWithoutAgents(progress: Progress): Progress {
  const { definition, token } = progress;
  if (!isWithoutAgents(definition, token)) return progress;
  const { incident } = token;
  return change(progress, { status: 'COMPLETED', incident: undefined, shadows: undefined }, [
    ...(incident === undefined ? [] : [{ type: 'INCIDENT_RESOLVED' as const, details: { code: incident.code } }]),
    { type: 'COMPLETED' },
  ]);
}
