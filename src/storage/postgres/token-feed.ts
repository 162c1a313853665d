import type { FeedPage, FeedPosition } from '../token-store.js';
import { eventOf, type EventRow } from './event-row.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';

const CHANNEL = 'circuit_breaker_tokens';
/** Changes within this time are announced together. */
const GATHER_MS = 10;

/**
 * Reads up to the oldest transaction that is still under way: what it writes belongs before what is there already.
 * `hidden` tells whether there is anything behind that line.
 */
const READ = `
with horizon as materialized (
  select pg_snapshot_xmin(pg_current_snapshot()) as xmin
), shown as (
  select token_id, sequence, workflow_id, event, written_by, false as hidden
  from circuit_breaker.token_events, horizon
  where (written_by, token_id, sequence) > ($1::text::xid8, $2::text, $3::int) and written_by < horizon.xmin
  order by written_by, token_id, sequence limit $4
), found as (
  select * from shown
  union all
  select '', 0, '', 'null'::json, '0'::xid8, true from horizon
  where exists (select from circuit_breaker.token_events where written_by >= horizon.xmin)
)
select token_id, sequence, workflow_id, event, written_by::text as written_by, hidden
from found order by hidden, found.written_by, token_id, sequence`;

interface FeedRow extends EventRow {
  readonly written_by: string;
  readonly hidden: boolean;
}

/** The events of all tokens in the order of the transactions that wrote them, and word that there are new ones. */
export class PostgresTokenFeed {
  readonly #sql: SqlConnection;
  #announcing: NodeJS.Timeout | undefined;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async read(after: FeedPosition | undefined, first: number): Promise<FeedPage> {
    if (after === undefined) return { events: [], position: await this.#end(), isBehind: false };
    const rows = await this.#sql.query<FeedRow>({ text: READ, values: [...(JSON.parse(after) as unknown[]), first] });
    const shown = rows.filter(({ hidden }) => !hidden);
    const last = shown.at(-1);
    const position = last === undefined ? after : positionOf(last);
    return { events: shown.map(eventOf), position, isBehind: rows.length > shown.length || shown.length === first };
  }

  watch(onWake: () => void): () => void {
    return this.#sql.listen(CHANNEL, { onNotify: onWake, onConnect: onWake });
  }

  /** In a statement of its own: those that notify commit one after the other, and writing tokens must not wait for that. */
  announce(): void {
    if (this.#announcing !== undefined) return;
    this.#announcing = setTimeout(() => {
      this.#announcing = undefined;
      // Who misses it looks every second.
      void this.#sql.query({ text: 'select pg_notify($1, $2)', values: [CHANNEL, ''] }).catch(() => undefined);
    }, GATHER_MS).unref();
  }

  async #end(): Promise<FeedPosition> {
    const text = 'select pg_snapshot_xmin(pg_current_snapshot())::text as xmin';
    const [row] = await this.#sql.query<{ readonly xmin: string }>({ text, values: [] });
    return JSON.stringify([row?.xmin ?? '0', '', 0]);
  }
}

function positionOf({ written_by: writtenBy, token_id: tokenId, sequence }: FeedRow): FeedPosition {
  return JSON.stringify([writtenBy, tokenId, sequence]);
}
