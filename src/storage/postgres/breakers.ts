import { randomUUID } from 'node:crypto';

import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { BreakerKey, BreakerState, KeptBreaker } from '../../core/executions/breaker.js';
import type { BreakerStore, ReplacedBreaker, StoredBreaker } from '../breaker-store.js';

interface Row {
  readonly provider: BreakerKey['provider'];
  readonly origin: string;
  readonly model: string;
  readonly state: BreakerState;
  readonly version: string;
  readonly age_ms: number;
}

const AGE = 'greatest(0, extract(epoch from clock_timestamp() - changed_at) * 1000)::float8 as age_ms';
const THIS = 'provider = $1 and origin = $2 and model = $3';

/** What nobody has looked after for a day goes with the next one that comes, as long as nobody changes it just now. */
const INSERT = `
with old as (
  delete from circuit_breaker.breakers where version in (
    select version from circuit_breaker.breakers where changed_at < clock_timestamp() - interval '1 day'
    limit 100 for update skip locked
  )
)
insert into circuit_breaker.breakers (provider, origin, model, state, version, changed_at)
values ($1, $2, $3, $4, $5, clock_timestamp()) on conflict do nothing returning version`;

const UPDATE = `
update circuit_breaker.breakers set state = $4, version = $5, changed_at = clock_timestamp()
where ${THIS} and version = $6 returning version`;

export class PostgresBreakerStore implements BreakerStore {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async get(key: BreakerKey): Promise<KeptBreaker | undefined> {
    const text = `select state, version, ${AGE} from circuit_breaker.breakers where ${THIS}`;
    const [row] = await this.#sql.query<Row>({ name: 'get-breaker', text, values: valuesOf(key) });
    return row === undefined ? undefined : keptIn(row);
  }

  async list(): Promise<readonly StoredBreaker[]> {
    const text = `
      select provider, origin, model, state, version, ${AGE} from circuit_breaker.breakers
      where changed_at >= clock_timestamp() - interval '1 day' order by changed_at desc limit 1000`;
    const rows = await this.#sql.query<Row>({ text, values: [] });
    return rows.map((row) => {
      const { provider, origin, model } = row;
      return { key: { provider, origin, model }, ...keptIn(row) };
    });
  }

  async replace(
    key: BreakerKey,
    version: string | undefined,
    state: BreakerState | undefined,
  ): Promise<ReplacedBreaker | undefined> {
    if (state === undefined) return (await this.#remove(key, version)) ? {} : undefined;
    const values = [...valuesOf(key), JSON.stringify(state), randomUUID()];
    const [row] = await this.#sql.query<Pick<Row, 'version'>>(
      version === undefined ? { text: INSERT, values } : { text: UPDATE, values: [...values, version] },
    );
    return row;
  }

  async #remove(key: BreakerKey, version: string | undefined): Promise<boolean> {
    if (version === undefined) return (await this.get(key)) === undefined;
    const text = `delete from circuit_breaker.breakers where ${THIS} and version = $4 returning version`;
    return (await this.#sql.query({ text, values: [...valuesOf(key), version] })).length > 0;
  }
}

function valuesOf({ provider, origin, model }: BreakerKey): readonly string[] {
  return [provider, origin, model];
}

function keptIn({ state, version, age_ms: ageMs }: Row): KeptBreaker {
  return { state, version, ageMs };
}
