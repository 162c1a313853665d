import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { AlertMessage } from '../../core/alerts/alert-message.js';
import type { Alert } from '../../core/alerts/alert.js';
import type { Tally } from '../../core/alerts/tally.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { AlertFilter, AlertStore, DueMessage, ToldTally } from '../alert-store.js';
import { decodeCursor, pageBy } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import type { WorkflowLimit } from '../workflow-limit.js';

interface MessageRow {
  readonly id: string;
  readonly alert_id: string;
  readonly body: string;
  readonly attempts: number;
  readonly age_ms: number;
}

const AGO = (parameter: string) => `clock_timestamp() - ${parameter}::float8 * interval '1 millisecond'`;
const IN = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;
const SINCE = (column: string) => `greatest(0, extract(epoch from clock_timestamp() - ${column}) * 1000)::float8`;

/** What changed, with the message about it where there is one, in one statement: whoever dies leaves both or none. */
const withMessage = (change: string, parameters: readonly [string, string]) => `
with changed as (${change}), told as (
  insert into circuit_breaker.alert_messages (id, alert_id, body, made_at, due_at, attempts)
  select ${parameters[0]}::text, changed.id, ${parameters[1]}::text, clock_timestamp(), clock_timestamp(), 0
  from changed where ${parameters[0]}::text is not null
  on conflict do nothing
)
select id from changed`;

const FIRE = withMessage(
  `insert into circuit_breaker.alerts (id, name, subject, workflow_id, since, ended_at, document)
  values ($1, $2, $3, $4, $5, null, $6) on conflict do nothing returning id`,
  ['$7', '$8'],
);

const END = withMessage(
  `update circuit_breaker.alerts set ended_at = $2, document = $3 where id = $1 and ended_at is null returning id`,
  ['$4', '$5'],
);

const TAKE = `
update circuit_breaker.alert_messages set due_at = ${IN('$1')}, attempts = attempts + 1
where id = (
  select id from circuit_breaker.alert_messages message
  where due_at <= clock_timestamp() and not exists (
    select 1 from circuit_breaker.alert_messages earlier
    where earlier.alert_id = message.alert_id and earlier.number < message.number
  )
  order by due_at, number limit 1 for update skip locked
)
returning id, alert_id, body, attempts, ${SINCE('made_at')} as age_ms`;

export class PostgresAlertStore implements AlertStore {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async tell({ processId, number, tally }: ToldTally): Promise<void> {
    const text = `insert into circuit_breaker.alert_tallies (process_id, number, tally, told_at)
      values ($1, $2, $3, clock_timestamp()) on conflict do nothing`;
    await this.#sql.query({ name: 'tell-tally', text, values: [processId, number, storableJson(tally)] });
  }

  async toldWithin(ms: number): Promise<readonly Tally[]> {
    const text = `select tally from circuit_breaker.alert_tallies where told_at >= ${AGO('$1')} order by told_at`;
    const rows = await this.#sql.query<{ readonly tally: Tally }>({ name: 'read-tallies', text, values: [ms] });
    return rows.map(({ tally }) => tally);
  }

  async mark(name: string, everyMs = 0): Promise<boolean> {
    const text = `insert into circuit_breaker.alert_marks as kept (name, made_at) values ($1, clock_timestamp())
      on conflict (name) do update set made_at = excluded.made_at where kept.made_at <= ${AGO('$2')} returning name`;
    return (await this.#sql.query({ name: 'mark-alerts', text, values: [name, everyMs] })).length > 0;
  }

  async ageOfMark(name: string): Promise<number | undefined> {
    const text = `select ${SINCE('made_at')} as age_ms from circuit_breaker.alert_marks where name = $1`;
    const [row] = await this.#sql.query<{ readonly age_ms: number }>({ name: 'age-of-mark', text, values: [name] });
    return row?.age_ms;
  }

  async unmark(name: string): Promise<void> {
    await this.#sql.query({ text: 'delete from circuit_breaker.alert_marks where name = $1', values: [name] });
  }

  async fire(alert: Alert, message?: AlertMessage): Promise<boolean> {
    const { id, name, subject, workflowId, since } = alert;
    const values = [id, name, subject, workflowId ?? null, since, storableJson(alert), ...told(message)];
    return (await this.#sql.query({ text: FIRE, values })).length > 0;
  }

  async end(alert: Alert, message?: AlertMessage): Promise<boolean> {
    const values = [alert.id, alert.endedAt ?? null, storableJson(alert), ...told(message)];
    return (await this.#sql.query({ text: END, values })).length > 0;
  }

  async listNow({ endedSince, ofWorkflows }: WorkflowLimit & { readonly endedSince?: string } = {}): Promise<
    readonly Alert[]
  > {
    const rows = await this.#sql.query<{ readonly document: Alert }>({
      name: 'list-alerts-now',
      text: `select document from circuit_breaker.alerts
        where (ended_at is null or ended_at >= $1::text) and ($2::text[] is null or workflow_id = any($2))`,
      values: [endedSince ?? null, ofWorkflows ?? null],
    });
    return rows.map(({ document }) => document);
  }

  async list({ isOpen, ofWorkflows }: AlertFilter, page: PageRequest): Promise<Page<Alert>> {
    const after = page.after === undefined ? undefined : decodeCursor(page.after);
    const rows = await this.#sql.query<{ readonly document: Alert }>({
      name: 'list-alerts',
      text: `select document from circuit_breaker.alerts
        where ($1::boolean is null or (ended_at is null) = $1) and ($2::text[] is null or workflow_id = any($2))
          and ($3::text is null or (since, id) < ($3, $4))
        order by since desc, id desc limit $5`,
      values: [isOpen ?? null, ofWorkflows ?? null, after?.createdAt ?? null, after?.id ?? null, page.first + 1],
    });
    const found = rows.map(({ document }) => document);
    return pageBy(found, page, ({ since: createdAt, id }) => ({ createdAt, id }));
  }

  async takeMessage(forMs: number): Promise<DueMessage | undefined> {
    const [row] = await this.#sql.query<MessageRow>({ name: 'take-alert-message', text: TAKE, values: [forMs] });
    if (row === undefined) return undefined;
    const { id, alert_id: alertId, body, attempts: attempt, age_ms: ageMs } = row;
    return { id, alertId, body, attempt, ageMs };
  }

  async postponeMessage(id: string, ms: number): Promise<void> {
    const text = `update circuit_breaker.alert_messages set due_at = ${IN('$2')} where id = $1`;
    await this.#sql.query({ text, values: [id, ms] });
  }

  async dropMessage(id: string): Promise<boolean> {
    const text = 'delete from circuit_breaker.alert_messages where id = $1 returning id';
    return (await this.#sql.query({ text, values: [id] })).length > 0;
  }

  async dropAllMessages(): Promise<number> {
    return (await this.#sql.query({ text: 'delete from circuit_breaker.alert_messages returning id', values: [] }))
      .length;
  }

  async forget({
    endedBefore,
    toldAgoMs,
  }: {
    readonly endedBefore: string;
    readonly toldAgoMs: number;
  }): Promise<void> {
    const ended = 'delete from circuit_breaker.alerts where ended_at < $1::text';
    await this.#sql.query({ text: ended, values: [endedBefore] });
    const counted = `delete from circuit_breaker.alert_tallies where told_at < ${AGO('$1')}`;
    await this.#sql.query({ text: counted, values: [toldAgoMs] });
  }
}

function told(message: AlertMessage | undefined): readonly (string | null)[] {
  return message === undefined ? [null, null] : [message.id, message.body];
}
