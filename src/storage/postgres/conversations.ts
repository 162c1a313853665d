import type { Conversation, Message } from '../../core/executions/conversation.js';
import { storable } from '../../core/json/well-formed-text.js';
import { CircuitBreakerError, notFound } from '../../core/errors.js';
import type { ConversationStore, UnusedConversations } from '../conversation-store.js';
import { isSameMessages } from '../same-messages.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';

interface Row {
  readonly id: string;
  readonly agent_id: string;
  readonly token_id: string | null;
  readonly created_at: string;
  readonly messages: readonly Message[] | null;
}

const SELECT = `select id, agent_id, token_id, created_at, (
    select json_agg(message order by position) from circuit_breaker.messages where conversation_id = conversation.id
  ) as messages
  from circuit_breaker.conversations conversation`;

/** When a `conversation` was used last. */
export const LAST_USED = `coalesce(
    (select message->>'timestamp' from circuit_breaker.messages
      where conversation_id = conversation.id order by position desc limit 1),
    conversation.created_at)`;

/**
 * What goes on with the conversation of another is in an index of its own; the others have its id. One that is in use after all is looked at
 * again when an execution of it is deleted, or when its time has come.
 */
const DELETE_UNUSED = `
with looked as materialized (
  select id, ${LAST_USED} as used_at, exists (
      select from circuit_breaker.executions own where own.id = conversation.id and own.document->>'conversationId' = own.id
    ) or exists (
      select from circuit_breaker.executions other
      where other.document->>'conversationId' = conversation.id and other.document->>'conversationId' <> other.id
    ) as is_had
  from circuit_breaker.conversations conversation
  where unused_since < $1 order by unused_since limit $2 for update skip locked
), gone as (
  delete from circuit_breaker.conversations where id in (select id from looked where not is_had and used_at < $1) returning id
), messages as (
  delete from circuit_breaker.messages where conversation_id in (select id from gone)
), kept as (
  update circuit_breaker.conversations conversation set unused_since = case when is_had then null else used_at end
  from looked where looked.id = conversation.id and (is_had or used_at >= $1)
)
select (select count(*)::int from gone) as deleted, (select count(*)::int from looked) as looked`;

export class PostgresConversationStore implements ConversationStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async create(conversation: Omit<Conversation, 'messages' | 'updatedAt'>): Promise<Conversation> {
    const { id, agentId, tokenId, createdAt } = conversation;
    const inserted = await this.#sql.query({
      name: 'create-conversation',
      text: `insert into circuit_breaker.conversations (id, agent_id, token_id, created_at) values ($1, $2, $3, $4)
        on conflict do nothing returning id`,
      values: [id, agentId, tokenId ?? null, createdAt],
    });
    if (inserted.length > 0) return { ...conversation, messages: [], updatedAt: createdAt };
    return (await this.get(id)) ?? { ...conversation, messages: [], updatedAt: createdAt };
  }

  async append(id: string, expectedCount: number, given: readonly Message[]): Promise<Conversation> {
    // What is there is compared with what it would have become.
    const messages = storable(given);
    const before = await this.get(id);
    if (before === undefined) throw notFound('conversation', id);
    const there = before.messages.slice(expectedCount, expectedCount + messages.length);
    if (there.length > 0 || before.messages.length < expectedCount) return sameOrConflict(before, there, messages);
    const inserted = await this.#sql.query({
      name: 'append-messages',
      text: `with given as (
          select $2::int + ordinal::int - 1 as position, message
          from json_array_elements($3::json) with ordinality as given(message, ordinal)
        ), first as (
          insert into circuit_breaker.messages (conversation_id, position, message)
          select $1, position, message from given where position = $2::int
          on conflict do nothing returning position
        ), others as (
          insert into circuit_breaker.messages (conversation_id, position, message)
          select $1, given.position, given.message from given, first where given.position > first.position
        )
        select position from first`,
      values: [id, expectedCount, JSON.stringify(messages)],
    });
    // The first message decides: where another's stands in its place, none is added.
    if (inserted.length > 0) return withMessages(before, [...before.messages, ...messages]);
    return await this.append(id, expectedCount, messages);
  }

  async get(id: string): Promise<Conversation | undefined> {
    const [row] = await this.#sql.query<Row>({
      name: 'get-conversation',
      text: `${SELECT} where id = $1`,
      values: [id],
    });
    return row === undefined ? undefined : conversationOf(row);
  }

  async listForAgent(
    agentId: string,
    { first, after }: { first: number; after?: string },
  ): Promise<readonly Conversation[]> {
    const rows = await this.#sql.query<Row>({
      text: `${SELECT} where agent_id = $1 and ($2::text is null or (created_at, id) < (
          select created_at, id from circuit_breaker.conversations where id = $2))
        order by created_at desc, id desc limit $3`,
      values: [agentId, after ?? null, first],
    });
    return rows.map(conversationOf);
  }

  async deleteUnused(usedBefore: string, limit: number): Promise<UnusedConversations> {
    const [row] = await this.#sql.query<{ readonly deleted: number; readonly looked: number }>({
      text: DELETE_UNUSED,
      values: [usedBefore, limit],
    });
    return { deleted: row?.deleted ?? 0, hasMore: row?.looked === limit };
  }
}

function sameOrConflict(
  conversation: Conversation,
  there: readonly Message[],
  messages: readonly Message[],
): Conversation {
  if (isSameMessages(there, messages)) return conversation;
  throw new CircuitBreakerError(
    'VERSION_CONFLICT',
    `Other messages were added to conversation "${conversation.id}" meanwhile.`,
  );
}

function conversationOf({
  id,
  agent_id: agentId,
  token_id: tokenId,
  created_at: createdAt,
  messages,
}: Row): Conversation {
  const conversation = { id, agentId, ...(tokenId === null ? {} : { tokenId }), createdAt };
  return withMessages({ ...conversation, messages: [], updatedAt: createdAt }, messages ?? []);
}

function withMessages(conversation: Conversation, messages: readonly Message[]): Conversation {
  return { ...conversation, messages, updatedAt: messages.at(-1)?.timestamp ?? conversation.createdAt };
}
