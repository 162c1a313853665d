import { NOT_WELL } from '../../compose/exit-codes.js';
import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';
import { reportLines, rolloutLine, type ShownReport, type ShownRollout } from '../operator/rollout-lines.js';
import { rolloutChange } from '../operator/rollout-options.js';
import { runClient } from '../run-client.js';

const ROLLOUT = 'mode percent maxErrorRate stoppedBecause';
const SIDE = '{ executions completed failed errorRate errors { code executions } medianMs p95Ms totalTokens costUsd }';
const REPORT = `query ($workflowId: String!, $transitionId: String, $placeAgentId: String, $since: DateTime) {
  rolloutReport(workflowId: $workflowId, transitionId: $transitionId, placeAgentId: $placeAgentId, since: $since) {
    rollout { ${ROLLOUT} } since until compared elsewhere undecided examples { tokenId executionId path happened }
    on ${SIDE} shadow ${SIDE}
  }
}`;

/** A variable that is not given is an argument that is not named: null means something else. */
const SET = `mutation (
  $workflowId: String!, $transitionId: String, $placeAgentId: String
  $mode: RolloutMode!, $percent: Float, $maxErrorRate: Float, $agentVersions: [AgentVersionShareInput!]
) {
  setRollout(
    workflowId: $workflowId, transitionId: $transitionId, placeAgentId: $placeAgentId
    mode: $mode, percent: $percent, maxErrorRate: $maxErrorRate, agentVersions: $agentVersions
  ) { ${ROLLOUT} }
}`;

/** Says how the use of an agent has done; with `--mode`, how far it is brought in from now on. */
export async function rollout(request: CommandRequest): Promise<void> {
  await runClient(request, async ({ api, say }) => {
    const [workflowId, id] = neededOperands(request, 'WORKFLOW', 'TRANSITION');
    const { flags, options } = request;
    const use = { workflowId, [flags.has('place-agent') ? 'placeAgentId' : 'transitionId']: id };
    const change = rolloutChange(request);
    const isJson = flags.has('json');
    if (change !== undefined) {
      const { setRollout } = await api.query<{ readonly setRollout: ShownRollout }>(SET, { ...use, ...change });
      say(isJson ? visibleJson({ ...setRollout }) : `Rollout of ${id} in ${workflowId}: ${rolloutLine(setRollout)}.`);
      return 0;
    }
    const { since } = options;
    const variables = { ...use, ...(since === undefined ? {} : { since }) };
    const { rolloutReport: report } = await api.query<{ readonly rolloutReport: ShownReport }>(REPORT, variables);
    if (isJson) say(visibleJson({ ...report }));
    else for (const line of reportLines(report)) say(line);
    return report.rollout.stoppedBecause === null ? 0 : NOT_WELL;
  });
}
