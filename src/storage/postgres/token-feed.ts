import type { FeedPage, FeedPosition } from '../token-store.js';
import { eventOf, type EventRow } from './event-row.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';

const CHANNEL = 'circuit_breaker_tokens';
/** Changes within this time are announced together. */
const GATHER_MS = 10;

/**
 * For the statement that writes events: `entered` has to be there before it takes its numbers, so it is joined where they
 * are taken. A reader knows then what is still under way, whatever else happens on the server.
 */
export const ENTER_FEED = 'select circuit_breaker.enter_token_feed() as entered';
export const FEED_NUMBER = `nextval('circuit_breaker.token_feed')`;

/** Up to `$2`, which was settled before; `hidden` tells whether there is anything beyond. */
const READ = `
with shown as (
  select token_id, sequence, workflow_id, event, feed_number from circuit_breaker.token_events
  where feed_number > $1::bigint and feed_number <= $2::bigint order by feed_number limit $3
)
select token_id, sequence, workflow_id, event, feed_number::text as feed_number, false as hidden from shown
union all
select '', 0, '', 'null'::json, '0', true
where exists (select from circuit_breaker.token_events where feed_number > $2::bigint)
order by hidden`;

interface FeedRow extends EventRow {
  readonly feed_number: string;
  readonly hidden: boolean;
}

/** The events of all tokens in the order in which they were numbered, and word that there are new ones. */
export class PostgresTokenFeed {
  readonly #sql: SqlConnection;
  #announcing: NodeJS.Timeout | undefined;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async read(after: FeedPosition | undefined, first: number): Promise<FeedPage> {
    const settled = await this.#settled();
    if (after === undefined) return { events: [], position: settled, isBehind: false };
    // A statement of its own: its snapshot has to be younger than what it is told is settled.
    const rows = await this.#sql.query<FeedRow>({
      name: 'read-token-feed',
      text: READ,
      values: [after, settled, first],
    });
    const shown = rows.filter(({ hidden }) => !hidden);
    const position = shown.at(-1)?.feed_number ?? after;
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

  async #settled(): Promise<FeedPosition> {
    const text = 'select circuit_breaker.settled_token_feed()::text as settled';
    const [row] = await this.#sql.query<{ readonly settled: string }>({ name: 'settled-token-feed', text, values: [] });
    return row?.settled ?? '0';
  }
}
