import type { Conversation, Message } from '../core/executions/conversation.js';

/** Conversations between agents and models. Messages are only ever added. */
export interface ConversationStore {
  /** Creates an empty conversation; gives back what is there when the id is taken. */
  create(conversation: Omit<Conversation, 'messages' | 'updatedAt'>): Promise<Conversation>;
  /**
   * Adds messages after the first `expectedCount` ones. Repeating it with the same messages changes nothing.
   * Throws NOT_FOUND, or VERSION_CONFLICT when other messages stand there.
   */
  append(id: string, expectedCount: number, messages: readonly Message[]): Promise<Conversation>;
  get(id: string): Promise<Conversation | undefined>;
  /** Newest first by (createdAt, id). */
  listForAgent(agentId: string, page: { first: number; after?: string }): Promise<readonly Conversation[]>;
}
