import { isSameMessage, type Conversation, type Message } from '../core/executions/conversation.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { ConversationStore } from '../storage/conversation-store.js';
import type { ActivityParts } from './activity-parts.js';

/** Where messages stand: how many there are up to the last of them. */
export type MessageCount = number;

/**
 * Adds messages at the end of a conversation, once, however often it is asked to. `added` makes them from what is there.
 * Resolves with how many messages there are up to the last of them; `undefined` when the conversation is gone.
 */
export async function appendMessages(
  { storage, appends }: Pick<ActivityParts, 'storage' | 'appends'>,
  conversationId: string,
  added: (before: readonly Message[]) => readonly Message[],
): Promise<MessageCount | undefined> {
  return await appends.run(conversationId, () => append(storage.conversations, conversationId, added));
}

async function append(
  conversations: ConversationStore,
  id: string,
  added: (before: readonly Message[]) => readonly Message[],
): Promise<MessageCount | undefined> {
  for (;;) {
    const conversation = await conversations.get(id);
    if (conversation === undefined) return undefined;
    const { messages } = conversation;
    const mine = added(messages);
    const found = placeOf(conversation, mine.at(-1));
    if (found !== undefined) return found;
    try {
      await conversations.append(id, messages.length, mine);
      return messages.length + mine.length;
    } catch (error) {
      // An execution on another worker was faster: look again and come after it.
      if (!(error instanceof CircuitBreakerError && error.code === 'VERSION_CONFLICT')) throw error;
    }
  }
}

function placeOf({ messages }: Conversation, last: Message | undefined): MessageCount | undefined {
  const found = messages.findLastIndex((message) => last !== undefined && isSameMessage(message, last));
  return found < 0 ? undefined : found + 1;
}
