import { startEntry, tokenEntry } from '../../core/audit/execution-entries.js';
import { terminatedToken } from '../../core/tokens/terminated-token.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { RunRecord } from '../../core/tokens/token-record.js';
import type { Token, TokenEvent, TokenEventType } from '../../core/tokens/token.js';
import { decodeCursor, pageOf } from '../page-cursor.js';
import type { Ended, EndedPage } from '../ended.js';
import type { Page, PageRequest } from '../page.js';
import type {
  FeedPage,
  FeedPosition,
  PlaceCount,
  StoredTokenEvent,
  TokenFilter,
  TokenOrigin,
  TokenRecorded,
  TokenStore,
} from '../token-store.js';
import { eventOf, type EventRow } from './event-row.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import { PostgresDeletedTokens } from './deleted-tokens.js';
import { ENTER_FEED, FEED_NUMBER, PostgresTokenFeed } from './token-feed.js';

/**
 * Records a change in one statement. The upsert locks the token's row and counts how many of the run's events are
 * new; numbers run on within a run, so event k stands `newest number - k` places before the newest sequence. An event
 * that is in already falls on a place that is taken, and nothing happens. One of the same number and a later time takes
 * its place: the workflow task that decided the first one was lost. `chain_id` holds the id of the run. What is new is told to the
 * audit. A token that was deleted counts as one of the run that had recorded it last, which records nothing any more.
 */
const RECORD = `
with before as materialized (
  select chain_id, event_number from circuit_breaker.tokens where id = $1
), deleted as materialized (
  select run_id from circuit_breaker.deleted_tokens where id = $1
), recorded as (
  insert into circuit_breaker.tokens as old
    (id, chain_id, workflow_id, place, status, has_incident, version, created_at, event_count, event_number, document, request)
  select $1, $2, $3, $4, $5, $6::boolean, $7::int, $8, $9::int - $14::int, $9::int, $10::json, $13
  where not exists (
    select from deleted where run_id = $2 or (run_id is distinct from $15::text and not exists (select from before))
  )
  on conflict (id) do update set
    chain_id = excluded.chain_id,
    workflow_id = case when NEWER then excluded.workflow_id else old.workflow_id end,
    place = case when NEWER then excluded.place else old.place end,
    status = case when NEWER then excluded.status else old.status end,
    has_incident = case when NEWER then excluded.has_incident else old.has_incident end,
    version = case when NEWER then excluded.version else old.version end,
    created_at = case when NEWER then excluded.created_at else old.created_at end,
    document = case when NEWER then excluded.document else old.document end,
    request = case when NEWER then excluded.request else old.request end,
    event_count = old.event_count + NEW_EVENTS,
    event_number = greatest(KNOWN, excluded.event_number)
  where SAME_RUN or old.chain_id = $15::text
  returning event_count
), feed as materialized (
  ${ENTER_FEED} from recorded
), events as (
  insert into circuit_breaker.token_events (token_id, sequence, workflow_id, type, event, feed_number)
  select $1, recorded.event_count - ($9::int - (event ->> 'number')::int), $3, event ->> 'type', event, ${FEED_NUMBER}
  from recorded, feed, (
    select event from json_array_elements($11::json) event order by (event ->> 'number')::int
  ) in_order
  on conflict do nothing
  returning (event ->> 'number')::int as number
), redecided as (
  update circuit_breaker.token_events old
  set type = event.value ->> 'type', event = event.value, feed_number = ${FEED_NUMBER}
  from before, feed, json_array_elements($11::json) event
  where before.chain_id = $2 and before.event_number >= (event.value ->> 'number')::int
    and old.token_id = $1 and old.event ->> 'number' = event.value ->> 'number'
    and old.event ->> 'timestamp' < event.value ->> 'timestamp'
    and old.sequence >= (
      select max(sequence) from circuit_breaker.token_events where token_id = $1 and type in ('CREATED', 'RESET')
    )
), executions as (
  insert into circuit_breaker.executions as there
    (id, agent_id, token_id, workflow_id, status, ended, created_at, revision, document)
  select execution ->> 'id', execution ->> 'agentId', execution ->> 'tokenId', execution ->> 'workflowId',
    execution ->> 'status', false, execution ->> 'createdAt', 0, execution
  from recorded, json_array_elements($12::json) execution
  on conflict (id) do update set id = there.id where there.token_id is distinct from excluded.token_id
  returning id, case when there.token_id is distinct from $1 then there.id end as taken
), told as (
  insert into circuit_breaker.audit_pending (entry)
  select entry from (
    select 1 as place, value as entry from recorded, json_array_elements($16::json) where not exists (select from before)
    union all
    select 2, value from executions, json_array_elements($17::json) where taken is null and executions.id = value ->> 'subject'
  ) new order by place
)
select (select json_agg(taken) from executions where taken is not null) as taken,
  (select json_agg(number order by number) from events) as added
from recorded`
  .replaceAll('NEW_EVENTS', 'greatest(0, excluded.event_number - greatest(KNOWN, $14::int))')
  .replaceAll('KNOWN', '(case when SAME_RUN then old.event_number else 0 end)')
  .replaceAll(
    'NEWER',
    '(not SAME_RUN or excluded.version > old.version or (excluded.version = old.version and REDECIDED))',
  )
  .replaceAll('REDECIDED', "excluded.document ->> 'updatedAt' > old.document ->> 'updatedAt'")
  .replaceAll('SAME_RUN', '(old.chain_id = excluded.chain_id)');

interface RecordedRow {
  readonly taken: readonly string[] | null;
  readonly added: readonly number[] | null;
}

export class PostgresTokenStore implements TokenStore {
  readonly #sql: SqlConnection;
  readonly #feed: PostgresTokenFeed;
  readonly #deleted: PostgresDeletedTokens;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
    this.#feed = new PostgresTokenFeed(sql);
    this.#deleted = new PostgresDeletedTokens(sql);
  }

  async record(record: RunRecord, followed?: string): Promise<TokenRecorded | undefined> {
    const { token, runId, events, executions, request } = record;
    const [recorded] = await this.#sql.query<RecordedRow>({
      name: 'record-token',
      text: RECORD,
      values: [
        token.id,
        runId,
        token.workflowId,
        token.place,
        token.status,
        token.incident !== undefined,
        token.version,
        token.createdAt,
        events.at(-1)?.number ?? 0,
        storableJson(token),
        storableJson(events),
        storableJson(executions),
        request ?? null,
        (events[0]?.number ?? 1) - 1,
        followed ?? null,
        storableJson([tokenEntry(record) ?? []].flat()),
        storableJson(executions.map((execution) => startEntry(execution))),
      ],
    });
    if (recorded === undefined) return undefined;
    this.#feed.announce();
    return { taken: recorded.taken ?? [], added: recorded.added ?? [] };
  }

  async appendEvent(tokenId: string, event: TokenEvent): Promise<void> {
    await this.#sql.query({
      text: `with counted as (
          update circuit_breaker.tokens set event_count = event_count + 1 where id = $1 returning event_count, workflow_id
        ), feed as materialized (${ENTER_FEED} from counted)
        insert into circuit_breaker.token_events (token_id, sequence, workflow_id, type, event, feed_number)
        select $1, event_count, workflow_id, $2, $3, ${FEED_NUMBER} from counted, feed`,
      values: [tokenId, event.type, storableJson(event)],
    });
    this.#feed.announce();
  }

  async terminate(id: string, how: { now: string; reason: string; runId: string }): Promise<boolean> {
    for (;;) {
      const before = await this.#ofRun(id, how.runId);
      if (before?.status !== 'ACTIVE') return false;
      const { token, event } = terminatedToken(before, how);
      const rows = await this.#sql.query({
        text: `update circuit_breaker.tokens set status = $3, version = $4, document = $5
          where id = $1 and version = $2 and chain_id = $6 returning id`,
        values: [id, before.version, token.status, token.version, storableJson(token), how.runId],
      });
      // Otherwise it has changed at this moment: look again.
      if (rows.length === 0) continue;
      await this.appendEvent(id, event);
      return true;
    }
  }

  async #ofRun(id: string, runId: string): Promise<Token | undefined> {
    const text = 'select document from circuit_breaker.tokens where id = $1 and chain_id = $2';
    const [row] = await this.#sql.query<{ readonly document: Token }>({ text, values: [id, runId] });
    return row?.document;
  }

  async get(id: string): Promise<Token | undefined> {
    const text = 'select document from circuit_breaker.tokens where id = $1';
    const [row] = await this.#sql.query<{ readonly document: Token }>({ name: 'get-token', text, values: [id] });
    return row?.document;
  }

  async getMany(ids: readonly string[]): Promise<readonly (Token | undefined)[]> {
    const rows = await this.#sql.query<{ readonly document: Token | null }>({
      name: 'get-tokens',
      text: `select token.document from unnest($1::text[]) with ordinality as wanted(id, place)
        left join circuit_breaker.tokens token on token.id = wanted.id order by wanted.place`,
      values: [ids],
    });
    return rows.map(({ document }) => document ?? undefined);
  }

  async originOf(id: string): Promise<TokenOrigin | undefined> {
    const [row] = await this.#sql.query<{ readonly chain_id: string; readonly request: string | null }>({
      name: 'origin-of-token',
      text: 'select chain_id, request from circuit_breaker.tokens where id = $1',
      values: [id],
    });
    if (row === undefined) return undefined;
    return { runId: row.chain_id, ...(row.request === null ? {} : { request: row.request }) };
  }

  async list(filter: TokenFilter, page: PageRequest): Promise<Page<Token>> {
    const after = page.after === undefined ? undefined : decodeCursor(page.after);
    const rows = await this.#sql.query<{ readonly document: Token }>({
      text: `select document from circuit_breaker.tokens
        where ($1::text is null or workflow_id = $1) and ($2::text is null or place = $2)
          and ($3::text is null or status = $3) and ($4::boolean is null or has_incident = $4)
          and ($5::text is null or (created_at, id) < ($5, $6)) and ($8::text[] is null or workflow_id = any($8))
          and ($9::int is null or (document ->> 'workflowVersion')::int = $9)
        order by created_at desc, id desc limit $7`,
      values: [
        filter.workflowId ?? null,
        filter.place ?? null,
        filter.status ?? null,
        filter.hasIncident ?? null,
        after?.createdAt ?? null,
        after?.id ?? null,
        page.first + 1,
        filter.ofWorkflows ?? null,
        filter.workflowVersion ?? null,
      ],
    });
    return pageOf(
      rows.map(({ document }) => document),
      page,
    );
  }

  async listEvents(
    tokenId: string,
    range: { after: number; first: number; type?: TokenEventType },
  ): Promise<readonly StoredTokenEvent[]> {
    const rows = await this.#sql.query<EventRow>({
      text: `select token_id, sequence, workflow_id, event from circuit_breaker.token_events
        where token_id = $1 and sequence > $2 and ($3::text is null or type = $3) order by sequence limit $4`,
      values: [tokenId, range.after, range.type ?? null, range.first],
    });
    return rows.map(eventOf);
  }

  async countActive(): Promise<readonly PlaceCount[]> {
    const text = `
      select workflow_id as "workflowId", place, count(*)::int as tokens,
        (count(*) filter (where has_incident))::int as incidents
      from circuit_breaker.tokens where status = 'ACTIVE' group by 1, 2 order by 4 desc, 3 desc, 1, 2 limit 1000`;
    return await this.#sql.query<PlaceCount>({ name: 'count-active-tokens', text, values: [] });
  }

  async newestEvent(tokenId: string): Promise<StoredTokenEvent | undefined> {
    const text = `select token_id, sequence, workflow_id, event from circuit_breaker.token_events
      where token_id = $1 order by sequence desc limit 1`;
    const [row] = await this.#sql.query<EventRow>({ text, values: [tokenId] });
    return row === undefined ? undefined : eventOf(row);
  }

  readFeed(after: FeedPosition | undefined, first: number): Promise<FeedPage> {
    return this.#feed.read(after, first);
  }

  watchFeed(onWake: () => void): () => void {
    return this.#feed.watch(onWake);
  }

  listEnded(endedBefore: string, page: EndedPage): Promise<readonly Ended[]> {
    return this.#deleted.listEnded(endedBefore, page);
  }

  delete(id: string, how: { readonly runId: string; readonly now: string }): Promise<boolean> {
    return this.#deleted.delete(id, how);
  }

  deletedRunOf(id: string): Promise<string | undefined> {
    return this.#deleted.runOf(id);
  }

  forgetDeleted(deletedBefore: string, limit: number): Promise<number> {
    return this.#deleted.forget(deletedBefore, limit);
  }
}
