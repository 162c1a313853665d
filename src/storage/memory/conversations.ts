import type { Conversation, Message } from '../../core/executions/conversation.js';
import { storable } from '../../core/json/well-formed-text.js';
import { CircuitBreakerError, notFound } from '../../core/errors.js';
import type { ConversationStore, UnusedConversations } from '../conversation-store.js';
import { isSameMessages } from '../same-messages.js';
import { newestFirst } from './newest-first.js';

export class MemoryConversationStore implements ConversationStore {
  readonly #conversations = new Map<string, Conversation>();
  /** An execution of each was deleted. */
  readonly #left = new Set<string>();
  readonly #isHad: (id: string) => boolean;

  /** `isHad`: whether an execution has a conversation. */
  constructor(isHad: (id: string) => boolean) {
    this.#isHad = isHad;
  }

  create(conversation: Omit<Conversation, 'messages' | 'updatedAt'>): Promise<Conversation> {
    const existing = this.#conversations.get(conversation.id);
    const created = existing ?? { ...conversation, messages: [], updatedAt: conversation.createdAt };
    this.#conversations.set(conversation.id, created);
    return Promise.resolve(created);
  }

  append(id: string, expectedCount: number, given: readonly Message[]): Promise<Conversation> {
    const messages = storable(given);
    const before = this.#conversations.get(id);
    if (before === undefined) return Promise.reject(notFound('conversation', id));
    const there = before.messages.slice(expectedCount, expectedCount + messages.length);
    if (there.length > 0 || before.messages.length < expectedCount) {
      if (isSameMessages(there, messages)) return Promise.resolve(before);
      const message = `Other messages were added to conversation "${id}" meanwhile.`;
      return Promise.reject(new CircuitBreakerError('VERSION_CONFLICT', message));
    }
    const updatedAt = messages.at(-1)?.timestamp ?? before.updatedAt;
    const after = { ...before, messages: [...before.messages, ...messages], updatedAt };
    this.#conversations.set(id, after);
    return Promise.resolve(after);
  }

  get(id: string): Promise<Conversation | undefined> {
    return Promise.resolve(this.#conversations.get(id));
  }

  listForAgent(agentId: string, { first, after }: { first: number; after?: string }): Promise<readonly Conversation[]> {
    const own = [...this.#conversations.values()].filter((one) => one.agentId === agentId).sort(newestFirst);
    const start = after === undefined ? 0 : own.findIndex(({ id }) => id === after) + 1;
    return Promise.resolve(own.slice(start, start + first));
  }

  deleteUnused(usedBefore: string, limit: number): Promise<UnusedConversations> {
    const old = [...this.#left].filter((id) => (this.#conversations.get(id)?.updatedAt ?? '') < usedBefore);
    const looked = old.slice(0, limit);
    const unused = looked.filter((id) => !this.#isHad(id));
    for (const id of looked) this.#left.delete(id);
    for (const id of unused) this.#conversations.delete(id);
    return Promise.resolve({ deleted: unused.length, hasMore: old.length > limit });
  }

  /** An execution of it was deleted. */
  leave(id: string): void {
    if (this.#conversations.has(id)) this.#left.add(id);
  }

  remove(id: string): void {
    this.#conversations.delete(id);
    this.#left.delete(id);
  }
}
