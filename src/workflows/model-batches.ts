import {
  continueAsNew,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  sleep,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities, BatchToSubmit } from '../contract/activities.js';
import {
  BATCH_TOO_OLD,
  batchJoinedSignal,
  LONGEST_BATCH_MS,
  type BatchGroup,
  type ModelBatch,
} from '../contract/batches.js';
import { taskQueues } from '../contract/messages.js';
import { summaryOf } from '../contract/summary.js';

/** Gathers the requests of a group into batches, each of which is a Temporal workflow of its own. Ends when nothing waits. */
export async function batchCollector(group: BatchGroup): Promise<void> {
  let joined = 0;
  setHandler(batchJoinedSignal, () => {
    joined += 1;
  });
  for (let seen = -1; joined > seen;) {
    await sleep(group.windowSeconds * 1000, { summary: summaryOf('Requests are gathered') });
    // Who joins from now on may be too late for this claim, and is stored before it says so.
    seen = joined;
    await submitWaiting(group);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof batchCollector>(group);
  }
}

async function submitWaiting(group: BatchGroup): Promise<void> {
  for (;;) {
    const batchId = uuid4();
    const lines = await quick().claimBatch({ groupId: group.groupId, batchId });
    if (lines === 0) return;
    await startChild(modelBatch, {
      workflowId: `model-batch/${batchId}`,
      args: [{ ...group, batchId }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: summaryOf(`${lines} requests for ${group.provider.type} ${group.provider.model}`),
    });
  }
}

/** One batch: is submitted, waited for, and handed out. */
export async function modelBatch(batch: ModelBatch): Promise<void> {
  const { batchId, provider, pollSeconds } = batch;
  const since = batch.submitted?.since ?? new Date().toISOString();
  const own = { batchId, provider, since };
  const providerBatchId = batch.submitted?.providerBatchId ?? (await slow().submitBatch(own));
  if (providerBatchId === null) return;
  while (!(await isOver(own, providerBatchId))) {
    if (Date.now() - Date.parse(since) > LONGEST_BATCH_MS) {
      await quick().failBatch({ batchId, ...BATCH_TOO_OLD });
      return;
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof modelBatch>({ ...batch, submitted: { providerBatchId, since } });
    await sleep(pollSeconds * 1000, { summary: summaryOf('The provider works on the batch') });
  }
}

async function isOver(own: BatchToSubmit, providerBatchId: string): Promise<boolean> {
  return await slow().collectBatch({ ...own, providerBatchId });
}

const RETRY = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' } as const;

function quick() {
  return proxyActivities<Pick<Activities, 'claimBatch' | 'failBatch'>>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10s',
    retry: RETRY,
  });
}

/** The activities themselves say when a failure is final. */
function slow() {
  return proxyActivities<Pick<Activities, 'submitBatch' | 'collectBatch'>>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '10s',
    retry: RETRY,
  });
}

/** The worker sets it in front of the bundle where it has a build: Temporal refuses the choice of a worker without one. */
const HAS_BUILD = 'circuitBreakerHasBuild';

/**
 * Whoever joins a batch may be held by any build of the workers, and nobody has to keep one up for the batches that began on it: they go on
 * with the build that is current. So their recorded histories have to replay on every later version.
 */
if (HAS_BUILD in globalThis) {
  setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, batchCollector);
  setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, modelBatch);
}
