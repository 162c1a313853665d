import { finalFailure } from '../contract/failures.js';
import type { ConversationPart } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { appendMessages } from './append-messages.js';

/** Adds what a turn leaves behind to its conversation, once. Resolves with how many messages the next turn gets. */
export async function continueConversation(parts: ActivityParts, more: ConversationPart): Promise<number> {
  const count = await appendMessages(parts, more.conversationId, () => more.messages);
  if (count !== undefined) return count;
  const message = `The conversation "${more.conversationId}" was deleted meanwhile.`;
  throw finalFailure({ code: 'invalid_request', message });
}
