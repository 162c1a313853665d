import type { Conversation, Message } from '../core/executions/conversation.js';

/** What became of conversations that may be in no use. */
export interface UnusedConversations {
  readonly deleted: number;
  /** There may be more, which a next call looks at. */
  readonly hasMore: boolean;
}

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
  /**
   * Removes conversations that were used last before a time (RFC 3339), an execution of which was deleted, and that no stored execution
   * has any more. Looks at so many.
   */
  deleteUnused(usedBefore: string, limit: number): Promise<UnusedConversations>;
}
