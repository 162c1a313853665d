import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { HeldKeyMark, KeyMark, KeyMarkKind, ProviderKeyStore } from '../provider-key-store.js';

interface MarkRow {
  readonly endpoint: string;
  readonly kind: KeyMarkKind;
  readonly model: string;
  readonly forMs: number;
  readonly sinceMs: number;
}

export class PostgresProviderKeyStore implements ProviderKeyStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async mark({ endpoint, kind, model, forMs }: KeyMark): Promise<void> {
    await this.#sql.query({
      name: 'mark-provider-key',
      text: `insert into circuit_breaker.provider_keys as kept (endpoint, kind, model, made_at, until)
        values ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4::double precision * interval '1 millisecond')
        on conflict (endpoint, kind, model) do update set made_at = excluded.made_at, until = excluded.until
        where kept.until < excluded.until`,
      values: [endpoint, kind, model, forMs],
    });
    const text = `delete from circuit_breaker.provider_keys where (endpoint, kind, model) in (
      select endpoint, kind, model from circuit_breaker.provider_keys where until < now() for update skip locked)`;
    await this.#sql.query({ name: 'forget-provider-keys', text, values: [] });
  }

  async list(endpoints: readonly string[]): Promise<readonly HeldKeyMark[]> {
    return await this.#sql.query<MarkRow>({
      name: 'list-provider-keys',
      text: `select endpoint, kind, model,
          (extract(epoch from until - clock_timestamp()) * 1000)::double precision as "forMs",
          greatest(0, extract(epoch from clock_timestamp() - made_at) * 1000)::double precision as "sinceMs"
        from circuit_breaker.provider_keys where endpoint = any($1::text[]) and until > clock_timestamp()
        order by endpoint, kind, model`,
      values: [endpoints],
    });
  }

  async clearRefusals(endpoint: string): Promise<void> {
    const text = "delete from circuit_breaker.provider_keys where endpoint = $1 and kind <> 'limited'";
    await this.#sql.query({ name: 'clear-provider-key', text, values: [endpoint] });
  }
}
