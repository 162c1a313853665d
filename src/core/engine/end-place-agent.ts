import type { ExecutionOutcome } from './decision.js';
import type { PlaceAgent } from '../definitions/definition.js';
import type { ExecutionResult } from '../executions/execution.js';
import { mapOutput } from '../executions/mapping.js';
import { raisePlaceAgentIncident } from './place-agent-incident.js';
import { beginAgain, withRuns } from './place-agent-runs.js';
import { endedRun } from './place-agent-schedule.js';
import { change, type EventDraft, type Progress } from './progress.js';
import { fireAutoTransition, settle } from './settle.js';
import type { PlaceAgentRuns } from '../tokens/token.js';
import { tokenTooLarge, tokenTooLargeThen } from '../tokens/token-size.js';

interface Ended {
  readonly agent: PlaceAgent;
  readonly runs: PlaceAgentRuns;
  readonly executionId: string;
}

/** Applies the outcome of a place agent's run: output and transition, or an incident. */
export function endPlaceAgent(progress: Progress, ended: Ended, outcome: ExecutionOutcome): Progress {
  const { agent, runs } = ended;
  const over = withRuns(progress, agent.id, endedRun(runs, agent, progress.facts.now));
  if (runs.shadow === true && outcome.status !== 'id-taken') return settle(over);
  switch (outcome.status) {
    case 'succeeded':
      return succeed(over, ended, outcome.result);
    case 'failed':
      return settle(
        raisePlaceAgentIncident(over, ended.agent, {
          code: outcome.errorCode,
          message: outcome.message,
          executionId: ended.executionId,
        }),
      );
    case 'cancelled':
      return over;
    case 'id-taken':
      return beginAgain(over, agent);
  }
}

function succeed(progress: Progress, ended: Ended, result: ExecutionResult): Progress {
  const { agent, executionId } = ended;
  const { token } = progress;
  const mapped = mapOutput(agent.outputMapping, result, { data: token.data, metadata: token.metadata });
  const tooLarge = progress.facts.countsDataOnly === true ? tokenTooLarge : tokenTooLargeThen;
  const problem = mapped.ok ? tooLarge(mapped.value, token) : mapped.reason;
  if (!mapped.ok || problem !== undefined) {
    const failure = { code: 'output_mapping_failed', message: problem ?? '', executionId } as const;
    return settle(raisePlaceAgentIncident(progress, agent, failure));
  }
  // Its own failure of before is mended; another's stays.
  const { incident } = token;
  const isMended = incident?.placeAgentId === agent.id;
  const events: EventDraft[] = [
    { type: 'UPDATED', executionId, details: { placeAgentId: agent.id } },
    ...(isMended ? [{ type: 'INCIDENT_RESOLVED' as const, details: { code: incident.code } }] : []),
  ];
  const changed = change(progress, { ...mapped.value, incident: isMended ? undefined : incident }, events);
  return fireAutoTransition(changed, agent);
}
