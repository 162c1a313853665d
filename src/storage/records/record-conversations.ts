import type { Conversation, Message } from '../../core/executions/conversation.js';
import { CircuitBreakerError, notFound } from '../../core/errors.js';
import { storable, storableJson } from '../../core/json/well-formed-text.js';
import type { ConversationStore } from '../conversation-store.js';
import { isSameMessages } from '../same-messages.js';
import { listMember, readMember } from './list-member.js';
import { readRecord, readRecords, type ReadRecord } from './read-record.js';
import type { RecordStore } from './record-store.js';

interface Head extends Omit<Conversation, 'messages' | 'updatedAt'> {
  /** Where appends begin that are known of: what is missing at the end is found by the appends themselves. */
  readonly starts: readonly number[];
}

/**
 * A record for a conversation, and one for each append, by its place: where the append before ends. So whoever comes second at a place
 * finds a record there.
 */
export class RecordConversationStore implements ConversationStore {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  async create(conversation: Omit<Conversation, 'messages' | 'updatedAt'>): Promise<Conversation> {
    const { id, agentId, tokenId, createdAt } = conversation;
    const existing = await this.get(id);
    if (existing !== undefined) return existing;
    const head: Head = { id, agentId, ...(tokenId === undefined ? {} : { tokenId }), createdAt, starts: [] };
    await this.#records.addToList(listOf(agentId), listMember(head));
    await this.#records.put(keyOf(id), storableJson(head), 0);
    return (await this.get(id)) ?? conversationOf(head, []);
  }

  async append(id: string, expectedCount: number, given: readonly Message[]): Promise<Conversation> {
    // What is there is compared with what it would have become.
    const messages = storable(given);
    for (;;) {
      const head = await readRecord<Head>(this.#records, keyOf(id));
      if (head === undefined) throw notFound('conversation', id);
      const before = await this.#messagesOf(head.document);
      const there = before.slice(expectedCount, expectedCount + messages.length);
      if (there.length > 0 || before.length < expectedCount) {
        if (isSameMessages(there, messages)) return conversationOf(head.document, before);
        const message = `Other messages were added to conversation "${id}" meanwhile.`;
        throw new CircuitBreakerError('VERSION_CONFLICT', message);
      }
      if (messages.length === 0) return conversationOf(head.document, before);
      const added = await this.#records.put(appendKey(id, expectedCount), JSON.stringify(messages), 0);
      // Otherwise somebody else has come first: what he added is looked at.
      if (added === undefined) continue;
      await this.#note(head, expectedCount);
      return conversationOf(head.document, [...before, ...messages]);
    }
  }

  async get(id: string): Promise<Conversation | undefined> {
    const head = await readRecord<Head>(this.#records, keyOf(id));
    return head === undefined ? undefined : conversationOf(head.document, await this.#messagesOf(head.document));
  }

  async listForAgent(
    agentId: string,
    { first, after }: { first: number; after?: string },
  ): Promise<readonly Conversation[]> {
    const last = after === undefined ? undefined : await readRecord<Head>(this.#records, keyOf(after));
    // As the others: behind what is not there is nothing.
    if (after !== undefined && last === undefined) return [];
    const found: Conversation[] = [];
    let below = last === undefined ? undefined : listMember(last.document);
    for (;;) {
      const range = { order: 'newest', limit: first, ...(below === undefined ? {} : { below }) } as const;
      const members = await this.#records.readList(listOf(agentId), range);
      for (const member of members) {
        const { id, createdAt } = readMember(member);
        const conversation = await this.get(id);
        // Who made the list longer may have died before, or have come second.
        if (conversation?.createdAt === createdAt && conversation.agentId === agentId) found.push(conversation);
      }
      below = members.at(-1);
      if (found.length >= first || members.length < first) return found.slice(0, first);
    }
  }

  async #messagesOf({ id, starts }: Head): Promise<readonly Message[]> {
    const messages: Message[] = [];
    const known = await this.#appendsAt(id, starts);
    for (;;) {
      const start = messages.length;
      const [next] = known.has(start) ? [known.get(start)] : (await this.#appendsAt(id, [start])).values();
      if (next === undefined) return messages;
      messages.push(...next);
    }
  }

  async #appendsAt(id: string, starts: readonly number[]): Promise<ReadonlyMap<number, readonly Message[]>> {
    const appends = await readRecords<readonly Message[]>(
      this.#records,
      starts.map((start) => appendKey(id, start)),
    );
    return new Map(
      appends.flatMap((append, index) => {
        const start = starts[index];
        return append === undefined || start === undefined ? [] : [[start, append.document] as const];
      }),
    );
  }

  /** Only makes reading quicker: where it fails, the append is found by its place. */
  async #note({ document, revision }: ReadRecord<Head>, start: number): Promise<void> {
    const head: Head = { ...document, starts: [...document.starts, start] };
    await this.#records.put(keyOf(document.id), JSON.stringify(head), revision).catch(() => undefined);
  }
}

function keyOf(id: string): string {
  return `conversation/${id}`;
}

function appendKey(id: string, start: number): string {
  return `messages/${id}/${start}`;
}

function listOf(agentId: string): string {
  return `conversations-of/${agentId}`;
}

function conversationOf({ starts: _starts, ...conversation }: Head, messages: readonly Message[]): Conversation {
  return { ...conversation, messages, updatedAt: messages.at(-1)?.timestamp ?? conversation.createdAt };
}
