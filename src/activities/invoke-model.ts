import { Context } from '@temporalio/activity';

import { readStructuredAnswer } from '../core/validation/structured-answer.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { ModelCall, TurnAnswer } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { refuseLostTurn } from './attempt-failure.js';
import { keepBeating, previousDetails } from './attempt-heartbeat.js';
import { noteFinished } from './attempt-record.js';
import { loadTurn, type LoadedTurn } from './load-turn.js';
import { persistently } from './persistently.js';
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
    const turn = await persistently(context.cancellationSignal, () => loadTurn(parts, call));
    if (turn.finished !== undefined) {
      await noteFinished(parts, call, turn.finished.usage);
      return answerOf(turn.finished, turn, call);
    }
    const attempt = new TurnAttempt(parts, call, { context, previous });
    live = () => attempt.details();
    return answerOf(await attempt.run(turn), turn, call);
  } finally {
    stopBeating();
  }
}

function answerOf(result: TurnResult, { schema }: LoadedTurn, { overrides }: ModelCall): TurnAnswer {
  const answer = readStructuredAnswer(result.text, { schema, outputs: overrides.outputs ?? [] });
  switch (answer.type) {
    case 'plain':
      return result;
    case 'valid':
      return { ...result, output: answer.output };
    case 'invalid':
      return { ...result, outputProblem: answer.problem };
  }
}
