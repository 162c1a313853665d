import { Context } from '@temporalio/activity';

import { carriedOutput } from '../core/executions/answer-output.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { ModelCall, TurnAnswer } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { refuseLostTurn } from './attempt-failure.js';
import { keepBeating, previousDetails } from './attempt-heartbeat.js';
import { noteFinished } from './attempt-record.js';
import { loadTurn, type LoadedTurn } from './load-turn.js';
import { persistently } from './persistently.js';
import { turnClaim } from './stored-turn.js';
import { TurnAttempt } from './turn-attempt.js';

/**
 * One turn of an execution: calls the model, lets what it says go to the stream as it arrives, and returns it whole.
 * A turn that an earlier attempt finished is returned as it was stored; the model is not called again.
 */
export async function invokeModel(parts: ActivityParts, call: ModelCall): Promise<TurnAnswer> {
  const context = Context.current();
  const previous = previousDetails(context, call.turn);
  refuseLostTurn(context, previous);
  let live = () => previous;
  const stopBeating = keepBeating(context, () => live());
  try {
    const asked = { previous, claim: turnClaim(context) };
    const turn = await persistently(context.cancellationSignal, () => loadTurn(parts, call, asked));
    if (turn.finished !== undefined) {
      await noteFinished(parts, call, { ...turn.finished, provider: turn.route.providerOf(turn.finished.model) });
      return await answerOf(parts, turn.finished, { turn, call });
    }
    const attempt = new TurnAttempt(parts, call, { context, previous, turn });
    live = () => attempt.details();
    return await answerOf(parts, await attempt.run(), { turn, call });
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
