import type { Conversation, Message } from '../../core/executions/conversation.js';
import { CircuitBreakerError, notFound } from '../../core/errors.js';
import { storable, storableJson } from '../../core/json/well-formed-text.js';
import type { ConversationStore, UnusedConversations } from '../conversation-store.js';
import { isSameMessages } from '../same-messages.js';
import { executionKey } from './execution-keys.js';
import { LISTS, type ExecutionRecord } from './execution-record.js';
import { listMember, readMember } from './list-member.js';
import { readRecord, readRecords, type ReadRecord } from './read-record.js';
import type { RecordStore } from './record-store.js';

/** Conversations of which an execution was deleted, by their last use. */
const UNUSED = 'conversations-unused';
const AT_ONCE = 50;

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

  async deleteUnused(usedBefore: string, limit: number): Promise<UnusedConversations> {
    const members = await this.#records.readList(UNUSED, { order: 'oldest', below: usedBefore, limit });
    let deleted = 0;
    for (const member of members) {
      const { id } = readMember(member);
      const conversation = await this.get(id);
      if (conversation !== undefined && (await this.#isHad(id))) {
        await this.#records.removeFromList(UNUSED, member);
        // The last one that had it may have gone at this moment.
        if (!(await this.#isHad(id))) await this.#records.addToList(UNUSED, member);
        continue;
      }
      if (conversation !== undefined && conversation.updatedAt >= usedBefore) await this.leave(id);
      else if (conversation !== undefined) {
        await this.remove(id);
        deleted += 1;
      }
      await this.#records.removeFromList(UNUSED, member);
    }
    return { deleted, hasMore: members.length === limit };
  }

  /** An execution of it is deleted: it may be in no use. */
  async leave(id: string): Promise<void> {
    const conversation = await this.get(id);
    if (conversation === undefined) return;
    await this.#records.addToList(UNUSED, listMember({ createdAt: conversation.updatedAt, id }));
  }

  /** From the end, so that whoever is cut off leaves what is found again. */
  async remove(id: string): Promise<void> {
    const head = (await readRecord<Head>(this.#records, keyOf(id)))?.document;
    if (head === undefined) return;
    const starts = new Set([...head.starts, ...(await this.#startsOf(id))]);
    for (const start of [...starts].sort((one, other) => other - one)) {
      await this.#records.remove([appendKey(id, start)]);
    }
    await this.#records.removeFromList(listOf(head.agentId), listMember(head));
    await this.#records.remove([keyOf(id)]);
  }

  async #startsOf(id: string): Promise<readonly number[]> {
    const starts: number[] = [];
    for (let start = 0; ;) {
      const [messages] = (await this.#appendsAt(id, [start])).values();
      if (messages === undefined) return starts;
      starts.push(start);
      start += messages.length;
    }
  }

  /** Whether an execution has it: the one that began it, which has its id, or one that goes on with it. */
  async #isHad(id: string): Promise<boolean> {
    const first = await readRecord<ExecutionRecord>(this.#records, executionKey(id));
    if (first?.document.execution.conversationId === id) return true;
    for (let above: string | undefined; ;) {
      const range = { order: 'oldest', limit: AT_ONCE, ...(above === undefined ? {} : { above }) } as const;
      const members = await this.#records.readList(LISTS.ofConversation(id), range);
      for (const member of members) {
        if ((await readRecord(this.#records, executionKey(readMember(member).id))) !== undefined) return true;
      }
      above = members.at(-1);
      if (members.length < AT_ONCE) return false;
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
