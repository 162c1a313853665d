import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { TemporalHome } from '../../core/temporal-home.js';
import type { TemporalHomeStore } from '../temporal-home-store.js';

/** One row, or none. */
const INSERT = 'insert into circuit_breaker.temporal_home (id, document) values (1, $1) on conflict (id) do';

export class PostgresTemporalHomeStore implements TemporalHomeStore {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async get(): Promise<TemporalHome | undefined> {
    const text = 'select document from circuit_breaker.temporal_home';
    const [row] = await this.#sql.query<{ readonly document: TemporalHome }>({ text, values: [] });
    return row?.document;
  }

  async claim(home: TemporalHome): Promise<TemporalHome> {
    await this.#sql.query({ text: `${INSERT} nothing`, values: [JSON.stringify(home)] });
    return (await this.get()) ?? home;
  }

  async adopt(home: TemporalHome): Promise<void> {
    const text = `${INSERT} update set document = excluded.document`;
    await this.#sql.query({ text, values: [JSON.stringify(home)] });
  }
}
