import { ApplicationFailure, CompleteAsyncError, type Context } from '@temporalio/activity';

import type { ModelCall } from '../contract/activities.js';
import type { WantedAnswer } from '../storage/answer-cache-store.js';
import type { AnswerStream } from '../streams/writing/answer-stream.js';
import type { ActivityParts } from './activity-parts.js';
import type { AttemptDetails } from './attempt-heartbeat.js';
import { attemptReason } from './attempt-reason.js';
import type { LoadedTurn } from './load-turn.js';
import { streamEpoch } from './stream-epoch.js';

interface EqualWait {
  readonly context: Context;
  readonly previous: AttemptDetails;
  readonly turn: Pick<LoadedTurn, 'route' | 'trial'>;
  readonly wanted: WantedAnswer;
}

/** Temporal takes 0 ms for no retry. */
const AT_ONCE_MS = 1;

/** Whether an execution still has time to wait for another one's answer: as much as a call of its own may take. */
export function mayWait({ prepared }: ModelCall, { equalWaitMs = 0 }: AttemptDetails): boolean {
  return equalWaitMs < prepared.timeoutSeconds * 1000;
}

/**
 * Has an execution wait for the answer to one that asks the very same, without a slot of its task queue. The next attempt finds
 * the answer, or makes the call.
 */
export function waitForEqual(parts: ActivityParts, call: ModelCall, wait: EqualWait): never {
  const { context, previous, wanted, turn } = wait;
  // It may be the one call that was to find out whether the provider is well again: another one does.
  parts.breakers.watch(turn.route.provider, turn.trial).dropped();
  const told = previous.equalWaits === undefined ? tellViewers(parts, call, wait) : undefined;
  const { taskToken, heartbeatTimeoutMs } = context.info;
  const { equalWaits = 0, equalWaitMs = 0 } = previous;
  const since = performance.now();
  // Already counted as one that waited: it is none that was lost, also where its worker dies.
  const details = (): AttemptDetails => ({
    ...previous,
    equalWaits: equalWaits + 1,
    equalWaitMs: equalWaitMs + Math.round(performance.now() - since),
  });
  const longestMs = call.prepared.timeoutSeconds * 1000 - equalWaitMs;
  parts.waitWithoutSlot({ taskToken, heartbeatTimeoutMs, details }, async (signal) => {
    const leftMs = Math.max(0, Math.ceil(longestMs - (performance.now() - since)));
    const timeout = AbortSignal.timeout(leftMs);
    await parts.equalCalls.wait(wanted, AbortSignal.any([signal, timeout])).catch(() => undefined);
    signal.throwIfAborted();
    told?.abandon();
    throw ApplicationFailure.create({
      message: 'An execution that asks the very same has come to its end: this one goes on.',
      type: 'UNAVAILABLE',
      nextRetryDelay: AT_ONCE_MS,
    });
  });
  throw new CompleteAsyncError();
}

/** Goes out as soon as the backend takes it, as long as there is something to wait for. */
function tellViewers(parts: ActivityParts, call: ModelCall, place: EqualWait): AnswerStream {
  const stream = parts.openAnswer(call.executionId, {
    claim: { epoch: streamEpoch(call.turn, place.context), turn: call.turn, reason: attemptReason(call, place) },
    onFenced: () => undefined,
  });
  stream.think('waiting_for_equal');
  return stream;
}
