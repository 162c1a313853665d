import { toolMessages, type ToolOutcome } from '../core/executions/tool-call.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { CalledTurn } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { continueConversation } from './continue-conversation.js';
import { storedTurn } from './stored-turn.js';

/** Adds a turn that called tools to its conversation, with all their results, once. */
export async function continueWithResults(parts: ActivityParts, called: CalledTurn): Promise<number> {
  const { executionId, conversationId, turn, timestamp } = called;
  const [asked, stored] = await Promise.all([
    storedTurn(parts, called),
    parts.storage.tools.outcomes(executionId, turn),
  ]);
  const outcomes = asked.toolCalls.map((_, index) => storedOutcome(stored.get(index), index));
  const messages = toolMessages(asked, outcomes, { timestamp, executionId, turn });
  return await continueConversation(parts, { conversationId, messages });
}

/** Each was stored before it was reported; a database that is behind has it soon. */
function storedOutcome(outcome: ToolOutcome | undefined, index: number): ToolOutcome {
  if (outcome !== undefined) return outcome;
  throw new CircuitBreakerError('UNAVAILABLE', `The outcome of tool call ${index} is not stored yet.`);
}
