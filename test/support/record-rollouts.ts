import type { WorkflowHandle } from '@temporalio/client';

import type { RolloutMode } from '../../src/core/definitions/rollout.js';
import type { Token } from '../../src/core/tokens/token.js';
import { clearRollout, setRollout, type RolloutChange } from '../../src/operations/set-rollout.js';
import { aPlaceAgent, aTransition, aWorkflow, anAgent, anAgentTransition, NOW } from './builders.js';
import { unmeasured } from './metrics.js';
import { untraced } from './traces.js';
import { schemasInThisThread } from './schemas.js';
import { mayNameThisMachine } from './this-machine.js';
import { gatewayOf, type WorkerUnderTest } from './worker-under-test.js';

const uses = {
  agentId: 'rolled-out',
  inputMapping: { text: 'data.text' },
  outputMapping: { 'data.verdict': 'assessment' },
};
const content = aWorkflow({
  places: ['here', 'done'],
  initialPlace: 'here',
  transitions: [
    aTransition({
      id: 'review',
      fromPlaces: ['here'],
      toPlace: 'here',
      agentExecution: anAgentTransition({ ...uses, required: false }),
    }),
    aTransition({ id: 'finish', fromPlaces: ['here'], toPlace: 'done' }),
  ],
  // It runs when it is triggered.
  placeAgents: [aPlaceAgent({ ...uses, id: 'sort', placeId: 'here', schedule: { initialDelaySeconds: 3600 } })],
});

const REVIEW = { transitionId: 'review' };
const SORT = { placeAgentId: 'sort' };

/**
 * A token hears of all that can be said of the agent of a transition, and of that of its place: off, in the shadow, on with two versions
 * side by side, taken back. It goes on as a new run between them, and ends while a shadow runs.
 */
export async function recordRollouts(
  under: WorkerUnderTest,
  save: (name: string, workflowId: string, runId?: string) => Promise<string>,
): Promise<void> {
  await under.storage.agents.create('rolled-out', anAgent(), NOW);
  await under.storage.agents.update('rolled-out', { content: anAgent({ description: 'The second' }), now: NOW });
  await under.storage.workflows.save('rolling', content, { hash: 'r', now: NOW });
  const args = [{ workflowId: 'rolling', data: { text: 'Hello' } }];
  const { client, taskQueue } = under;
  const handle = await client.workflow.start('tokenLifecycle', { taskQueue, workflowId: 'rolled-out', args });
  await rest(handle);
  const say = async (use: typeof REVIEW | typeof SORT, mode: RolloutMode, versions: Partial<RolloutChange> = {}) => {
    await setRollout(partsOf(under), { workflowId: 'rolling', ...use, mode, percent: 100, ...versions });
    await heard(handle);
  };
  const runBoth = async () => {
    await handle.executeUpdate('fire', { args: [REVIEW] });
    await rest(handle);
    await handle.executeUpdate('triggerPlaceAgents');
    await rest(handle);
  };
  for (const mode of ['off', 'shadow'] as const) {
    await say(REVIEW, mode);
    await say(SORT, mode);
    await runBoth();
  }
  const agentVersions = [1, 2].map((version) => ({ version, percent: 50 }));
  await say(REVIEW, 'on', { agentVersions });
  await say(SORT, 'on', { agentVersions });
  await runBoth();
  await clearRollout(partsOf(under), { workflowId: 'rolling', ...SORT });
  await heard(handle);
  await say(REVIEW, 'shadow', { agentVersions: null });
  await handle.executeUpdate('updateToken', { args: [{ data: { text: 'HANG' } }] });
  await handle.executeUpdate('fire', { args: [REVIEW] });
  await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
  await handle.result();
  let runId: string | undefined = handle.firstExecutionRunId;
  for (let run = 1; runId !== undefined; run += 1) {
    runId = runAfter(await save(`rollout-token-run-${run}`, 'rolled-out', runId));
  }
  await save('execution-in-the-shadow', 'rolled-out:review:1');
}

/** The run that a token went on as, of which its history says at its end. */
function runAfter(history: string): string | undefined {
  return /"newExecutionRunId": ?"([^"]+)"/.exec(history)?.[1];
}

function partsOf(under: WorkerUnderTest): Parameters<typeof setRollout>[0] {
  return {
    storage: under.storage,
    temporal: gatewayOf(under),
    schemas: schemasInThisThread,
    metrics: unmeasured,
    traces: untraced,
    mayName: mayNameThisMachine,
    now: () => new Date().toISOString(),
  };
}

type Told = Pick<WorkflowHandle, 'fetchHistory' | 'query'>;

/** Until the token has taken the word that it was sent last: the task that it came with is over. */
async function heard(handle: Told): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    const told = (events ?? []).findLastIndex((event) => event.workflowExecutionSignaledEventAttributes != null);
    const taken = (events ?? []).findLastIndex((event) => event.workflowTaskCompletedEventAttributes != null);
    if (told >= 0 && taken > told) return;
    await pause();
  }
}

/** Until no agent of the token runs, also none in the shadow. */
async function rest(handle: Told): Promise<void> {
  for (;;) {
    const { pending, shadows, placeAgentRuns } = await handle.query<Token>('token');
    const isRunning = Object.values(placeAgentRuns).some(({ executionId }) => executionId !== undefined);
    if (pending === undefined && shadows === undefined && !isRunning) return;
    await pause();
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
