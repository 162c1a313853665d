import type { Message } from '../core/executions/conversation.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { ActivityParts } from './activity-parts.js';

/**
 * Adds messages to a conversation once, however often it is asked to: they are found again by role, time and text.
 * Resolves with how many messages there are up to the last of them; `undefined` when the conversation is gone.
 */
export async function appendMessages(
  parts: Pick<ActivityParts, 'storage'>,
  conversationId: string,
  added: readonly Message[],
): Promise<number | undefined> {
  const { conversations } = parts.storage;
  for (;;) {
    const conversation = await conversations.get(conversationId);
    if (conversation === undefined) return undefined;
    const { messages } = conversation;
    const found = messages.findLastIndex((message) => isSame(message, added.at(-1)));
    if (found >= 0) return found + 1;
    try {
      await conversations.append(conversationId, messages.length, added);
      return messages.length + added.length;
    } catch (error) {
      // Another execution of the same conversation was faster: look again and come after it.
      if (!(error instanceof CircuitBreakerError && error.code === 'VERSION_CONFLICT')) throw error;
    }
  }
}

function isSame(message: Message, other: Message | undefined): boolean {
  return message.role === other?.role && message.timestamp === other.timestamp && message.content === other.content;
}
