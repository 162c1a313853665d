import { CancelledFailure, Context } from '@temporalio/activity';

import { contentHash } from '../content-hash.js';
import type { LlmProvider } from '../core/agents/agent.js';
import { batchCostOf } from '../core/executions/cost.js';
import { ModelError } from '../core/executions/model-error.js';
import type { ModelRequest } from '../core/executions/turn.js';
import { ownValue } from '../core/json/json.js';
import { finalFailure } from '../contract/failures.js';
import type { ModelCall } from '../contract/activities.js';
import type { BatchedRequest } from '../providers/model-batches.js';
import type { BatchCaller } from '../storage/batch-store.js';
import type { ActivityParts } from './activity-parts.js';
import { keepBeating, previousDetails, type AttemptDetails } from './attempt-heartbeat.js';
import { NO_BREAKERS } from './from-batch.js';
import { loadTurn } from './load-turn.js';
import { turnClaim } from './stored-turn.js';
import { streamEpoch } from './stream-epoch.js';
import { reserveForBatch, settleBatched } from './reserve-budget.js';
import { traceBatchWait } from './trace-batch-wait.js';

/**
 * Stores what a stream would send, as one of those that wait for a batch, and then sees to it that somebody collects them. Does neither
 * where its Temporal workflow has left meanwhile, as when it was cancelled: word of that may come later than what is done here.
 */
export async function joinBatch(parts: ActivityParts, call: ModelCall): Promise<void> {
  const context = Context.current();
  const previous = previousDetails(context, call.turn);
  const stopBeating = keepBeating(context, () => previous);
  try {
    await join(parts, call, { context, previous });
  } finally {
    stopBeating();
  }
}

async function join(parts: ActivityParts, call: ModelCall, { context, previous }: Joining): Promise<void> {
  const { executionId, turn } = call;
  // It stores no turn, so it claims none.
  const loaded = await loadTurn({ ...parts, breakers: NO_BREAKERS }, call, {
    previous,
    claim: { ...turnClaim(context), attempt: 1 },
  });
  // An earlier run of this Temporal workflow finished it, and was reset since.
  if (loaded.finished !== undefined) {
    await parts.batches.tellAnswered(executionId, turn);
    return;
  }
  const batched = await reserved(parts, call, { context, previous, request: loaded.request });
  const provider = accountOf(loaded.request.provider);
  const groupId = shortHash({ provider, path: batched.path });
  const customId = `cb-${shortHash({ executionId, turn })}`;
  const request = { executionId, turn, customId, groupId, ...batched };
  if (!(await parts.storage.batches.join(request, callerOf(context, parts)))) {
    await settleBatched(parts, { executionId, turn });
    return;
  }
  await parts.batches.collect({ groupId, provider, ...parts.batches.times });
  const stream = parts.openAnswer(executionId, {
    claim: { epoch: streamEpoch(turn, context), turn, reason: call.later?.reason ?? 'first' },
    onFenced: () => undefined,
  });
  stream.think('batched');
  await stream.end();
}

/** What is sent, once the most that it may take is reserved. Who is cancelled meanwhile, and will not join, gives that back. */
async function reserved(parts: ActivityParts, call: ModelCall, place: Reserving): Promise<BatchedRequest> {
  const { cancellationSignal: signal } = place.context;
  try {
    await reserve(parts, call, place);
    return await requestOf(parts, place.request, signal);
  } catch (error) {
    // What cannot be given back now expires.
    if (signal.aborted && !isHandedOn(signal.reason)) await settleBatched(parts, call).catch(() => undefined);
    throw error;
  }
}

/** Another attempt, on another worker, has the same reservation. */
function isHandedOn(reason: unknown): boolean {
  return reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN';
}

/** From now on what comes of it is of nobody, and an attempt to join that is late does not. */
export async function leaveBatch(
  parts: Pick<ActivityParts, 'now' | 'storage' | 'traces'>,
  { executionId, turn }: { readonly executionId: string; readonly turn: number },
): Promise<void> {
  await traceBatchWait(parts, { executionId, turn });
  await parts.storage.batches.leave({ executionId, turn }, callerOf(Context.current(), parts));
  // Behind it: what an attempt to join reserves from now on, that gives back itself.
  await settleBatched(parts, { executionId, turn });
}

function callerOf({ info }: Context, { now }: Pick<ActivityParts, 'now'>): BatchCaller {
  return { runId: info.workflowExecution?.runId ?? '', now: now() };
}

async function reserve(parts: ActivityParts, call: ModelCall, { request, ...place }: Reserving): Promise<void> {
  const { batch, timeoutSeconds } = call.prepared;
  const timeoutMs = (batch?.maxWaitSeconds ?? timeoutSeconds) * 1000;
  const given = { ...place, request: { ...request, timeoutMs }, tell: () => undefined };
  await final(reserveForBatch({ ...parts, costOf: batchCostOf(parts.costOf) }, call, given));
}

interface Joining {
  readonly context: Context;
  readonly previous: AttemptDetails;
}

interface Reserving extends Joining {
  readonly request: ModelRequest;
}

async function requestOf(
  { batches }: ActivityParts,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<BatchedRequest> {
  return await final(batches.models.request(request, signal));
}

/** No other attempt would do better: nothing was sent. */
async function final<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw finalFailure({ code: error.code, message: error.message });
  }
}

/** What a batch has to know of a provider: the rest is in its lines. */
function accountOf({ options, ...account }: LlmProvider): LlmProvider {
  const apiVersion = ownValue(options, 'apiVersion');
  return { ...account, options: apiVersion === undefined ? {} : { apiVersion } };
}

/** An id that providers take. */
function shortHash(content: object): string {
  return contentHash(content).slice(0, 40);
}
