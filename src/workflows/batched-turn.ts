import { CancellationScope, condition, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';

import type { Activities, ModelCall } from '../contract/activities.js';
import { batchAnsweredSignal } from '../contract/batches.js';
import { taskQueues } from '../contract/messages.js';
import { summaryOf } from '../contract/summary.js';
import { isJsonObject } from '../core/json/json.js';
import { waitSeconds, type WorkTime } from './work-time.js';

/** Time to fetch the pictures of a request, to wait for a budget, and for storage. */
const JOIN_SECONDS = 180;

/**
 * Has a turn taken in a batch, where its agent waits for batches: `take` is called with `isBatched` once its answer is there. Where it has
 * waited long enough, it leaves, and `take` is called without. What it waits is no time of its work.
 */
export async function inBatch<Answer>(
  call: ModelCall,
  workTime: WorkTime | undefined,
  take: (call: ModelCall) => Promise<Answer>,
): Promise<Answer> {
  const { executionId, turn, prepared } = call;
  if (prepared.batch === undefined) return await take(call);
  const leave = () => CancellationScope.nonCancellable(() => activities().leaveBatch({ executionId, turn }));
  let answer: { readonly of: Answer } | undefined;
  try {
    const wait = () => isAnswered(call, prepared.batch?.maxWaitSeconds ?? 0, workTime);
    const hasAnswer = await (workTime === undefined ? wait() : workTime.pausedFor(wait));
    if (hasAnswer) answer = { of: await take({ ...call, isBatched: true }) };
  } finally {
    await leave();
  }
  return answer === undefined ? await take(call) : answer.of;
}

async function isAnswered(call: ModelCall, maxWaitSeconds: number, workTime: WorkTime | undefined): Promise<boolean> {
  let isTold = false;
  setHandler(batchAnsweredSignal, (said: unknown) => {
    if (isJsonObject(said) && said['turn'] === call.turn) isTold = true;
  });
  const seconds = waitSeconds(maxWaitSeconds, workTime, call.prepared.deadlineSeconds);
  await activities().joinBatch(call);
  const summary = summaryOf(`Turn ${call.turn} waits for its batch`);
  return await condition(() => isTold, Math.max(seconds * 1000, 1), { summary });
}

/** On the queue that no rate limit of model calls holds up. */
function activities() {
  return proxyActivities<Pick<Activities, 'joinBatch' | 'leaveBatch'>>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    startToCloseTimeout: JOIN_SECONDS * 1000,
    // An answer that was taken waits until its turn has left: the loss of a worker is not to cost it minutes.
    heartbeatTimeout: '10s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
  });
}
