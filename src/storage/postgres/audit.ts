import type { AuditAnchor, AuditHead, AuditLink } from '../../core/audit/audit-link.js';
import type { AuditEntry } from '../../core/audit/audit-entry.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import { auditPosition } from '../audit-position.js';
import type { AuditEnd, AuditFilter, AuditStore } from '../audit-store.js';
import { decodeCursor, pageBy } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';

interface EndRow {
  readonly sequence: string;
  readonly hash: string;
  readonly id: string | null;
  readonly entry: AuditEntry | null;
}

interface LinkRow {
  readonly sequence: string;
  readonly hash: string;
  readonly entry: AuditEntry;
}

/** To be put into the statement that makes a change: tells the entries of a JSON array, from what the rest of `source` selects. */
export function tellIn(parameter: string, source: string): string {
  return `insert into circuit_breaker.audit_pending (entry)
    select told.value from ${source}, json_array_elements(${parameter}::json) told`;
}

/** What keeps the chain one: whoever appends has to have seen its end. */
const APPEND = `
with head as (
  update circuit_breaker.audit_head set sequence = $3, hash = $4 where id = 1 and sequence = $1 and hash = $2 returning id
), entries as (
  insert into circuit_breaker.audit_entries (sequence, hash, entry)
  select (link ->> 'sequence')::bigint, link ->> 'hash', link -> 'entry' from head, json_array_elements($5::json) link
), chained as (
  delete from circuit_breaker.audit_pending pending using head where pending.id = any($6::bigint[])
)
select id from head`;

const REMOVE = `
with anchored as (
  insert into circuit_breaker.audit_anchor as old (id, sequence, document) values (1, $1, $2)
  on conflict (id) do update set sequence = excluded.sequence, document = excluded.document
  where old.sequence < excluded.sequence returning id
), removed as (
  delete from circuit_breaker.audit_entries using anchored where audit_entries.sequence <= $1
), told as (
  ${tellIn('$3', 'anchored')}
)
select id from anchored`;

export class PostgresAuditStore implements AuditStore {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async tell(entries: readonly AuditEntry[]): Promise<void> {
    await this.#sql.query({
      name: 'tell-audit',
      text: `insert into circuit_breaker.audit_pending (entry) select value from json_array_elements($1::json)`,
      values: [storableJson(entries)],
    });
  }

  async end(limit: number): Promise<AuditEnd> {
    // One statement, and so one moment: what an append of somebody else took away must not be seen with the end that it left.
    const rows = await this.#sql.query<EndRow>({
      name: 'audit-end',
      text: `select head.sequence, head.hash, waiting.id, waiting.entry from circuit_breaker.audit_head head
        left join lateral (select id, entry from circuit_breaker.audit_pending order by id limit $1) waiting on true
        order by waiting.id`,
      values: [limit],
    });
    const [first] = rows;
    return {
      head: first === undefined ? undefined : { sequence: Number(first.sequence), hash: first.hash },
      waiting: rows.flatMap(({ id, entry }) => (id === null || entry === null ? [] : [{ id: Number(id), entry }])),
    };
  }

  async append(head: AuditHead, links: readonly AuditLink[], waiting: readonly number[]): Promise<boolean> {
    const { sequence, hash } = links.at(-1) ?? head;
    const rows = await this.#sql.query({
      name: 'append-audit',
      text: APPEND,
      values: [head.sequence, head.hash, sequence, hash, storableJson(links), waiting],
    });
    return rows.length > 0;
  }

  async read(after: number, limit: number): Promise<readonly AuditLink[]> {
    const rows = await this.#sql.query<LinkRow>({
      name: 'read-audit',
      text: `select sequence, hash, entry from circuit_breaker.audit_entries where sequence > $1 order by sequence limit $2`,
      values: [after, limit],
    });
    return rows.map(linkOf);
  }

  async list({ actor, action, subject, since, until }: AuditFilter, page: PageRequest): Promise<Page<AuditLink>> {
    const before = page.after === undefined ? null : sequenceIn(page.after);
    const rows = await this.#sql.query<LinkRow>({
      text: `select sequence, hash, entry from circuit_breaker.audit_entries
        where ($1::bigint is null or sequence < $1) and ($2::text is null or entry->>'actor' = $2)
          and ($3::text is null or entry->>'action' = $3) and ($4::text is null or entry->>'subject' = $4)
          and ($5::text is null or entry->>'time' >= $5) and ($6::text is null or entry->>'time' < $6)
        order by sequence desc limit $7`,
      values: [before, actor ?? null, action ?? null, subject ?? null, since ?? null, until ?? null, page.first + 1],
    });
    return pageBy(rows.map(linkOf), page, auditPosition);
  }

  async anchor(): Promise<AuditAnchor | undefined> {
    const text = 'select document from circuit_breaker.audit_anchor';
    const [row] = await this.#sql.query<{ readonly document: AuditAnchor }>({ text, values: [] });
    return row?.document;
  }

  async lastBefore(time: string, most: number): Promise<AuditLink | undefined> {
    const [row] = await this.#sql.query<LinkRow>({
      text: `with oldest as (
          select sequence, hash, entry from circuit_breaker.audit_entries order by sequence limit $2
        ), judged as (
          select sequence, hash, entry, bool_and(entry->>'time' < $1) over (order by sequence) as is_old from oldest
        )
        select sequence, hash, entry from judged where is_old order by sequence desc limit 1`,
      values: [time, most],
    });
    return row === undefined ? undefined : linkOf(row);
  }

  async removeUpTo(anchor: AuditAnchor, told: AuditEntry): Promise<boolean> {
    const values = [anchor.sequence, JSON.stringify(anchor), storableJson([told])];
    return (await this.#sql.query({ text: REMOVE, values })).length > 0;
  }
}

function linkOf({ sequence, hash, entry }: LinkRow): AuditLink {
  return { sequence: Number(sequence), hash, entry };
}

function sequenceIn(cursor: string): number {
  return Number(decodeCursor(cursor).id);
}
