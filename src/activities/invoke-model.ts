import { Context } from '@temporalio/activity';

import { carriedOutput } from '../core/executions/answer-output.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { ModelCall, TurnAnswer } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { refuseLostTurn } from './attempt-failure.js';
import { keepBeating, previousDetails } from './attempt-heartbeat.js';
import { noteFinished } from './attempt-record.js';
import { fromBatch } from './from-batch.js';
import { loadTurn, type LoadedTurn } from './load-turn.js';
import { persistently } from './persistently.js';
import { SharedCall } from './shared-call.js';
import { turnClaim } from './stored-turn.js';
import { mayWait, waitForEqual } from './wait-for-equal.js';
import { traceTurn } from './trace-turn.js';
import { TurnAttempt } from './turn-attempt.js';

/**
 * One turn of an execution: calls the model, lets what it says go to the stream as it arrives, and returns it whole.
 * A turn that an earlier attempt finished is returned as it was stored; the model is not called again.
 */
export async function invokeModel(given: ActivityParts, wanted: ModelCall): Promise<TurnAnswer> {
  const context = Context.current();
  const previous = previousDetails(context, wanted.turn);
  refuseLostTurn(context, previous);
  let live = () => previous;
  const stopBeating = keepBeating(context, () => live());
  try {
    const batched = () => fromBatch(given, wanted, previous);
    const { parts, call } = await persistently(context.cancellationSignal, batched);
    const asked = { previous, claim: turnClaim(context) };
    const turn = await persistently(context.cancellationSignal, () => loadTurn(parts, call, asked));
    const shared = new SharedCall(parts, call, { turn, context });
    if (turn.finished !== undefined) {
      const provider = { type: turn.route.providerOf(turn.finished.model), model: turn.finished.model };
      const attempts = await noteFinished(parts, call, { ...turn.finished, provider: provider.type });
      traceTurn(parts, call, { provider, attempts, result: turn.finished, messages: turn.request.messages });
      const answer = await answerOf(parts, turn.finished, { turn, call });
      await shared.keep(turn.finished, answer);
      return answer;
    }
    const place = { context, previous, turn };
    const { underWay, ...source } = await shared.take({ mayWait: mayWait(call, previous) });
    if (underWay !== undefined) waitForEqual(parts, call, { ...place, wanted: underWay });
    const attempt = new TurnAttempt(parts, call, { ...place, ...source });
    live = () => attempt.details();
    return await shared.call(attempt, async () => {
      const result = await attempt.run();
      const answer = await answerOf(parts, result, { turn, call });
      await shared.keep(result, answer);
      return answer;
    });
  } finally {
    stopBeating();
  }
}

/** The turn with what its text says in structure, where that was asked for. The heart beats on: it may take a while. */
async function answerOf(
  { schemas }: ActivityParts,
  { providerState: _kept, ...result }: TurnResult,
  { turn: { schema }, call }: { readonly turn: LoadedTurn; readonly call: ModelCall },
): Promise<TurnAnswer> {
  if (schema === undefined) return result;
  const answer = await schemas.readAnswer(result.text, { schema, outputs: call.overrides.outputs ?? [] });
  switch (answer.type) {
    case 'valid':
      return { ...result, ...carriedOutput(result.text, answer) };
    case 'invalid':
      return { ...result, outputProblem: answer.problem };
    case 'uncheckable':
      return { ...result, outputProblem: answer.problem, isBeyondRepair: true };
  }
}
