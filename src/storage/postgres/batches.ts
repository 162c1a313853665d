import type { StoredAnswer } from '../../core/executions/stored-answer.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type {
  BatchCaller,
  BatchLimits,
  BatchPlace,
  BatchRequest,
  BatchStore,
  BatchSubmission,
  BatchWait,
  BegunSubmission,
} from '../batch-store.js';

const PLACE = 'execution_id as "executionId", turn, custom_id as "customId"';
const ORDER = 'joined_at, execution_id collate "C", turn';

interface SubmissionRow extends Omit<BatchSubmission, 'account' | 'providerBatchId'> {
  readonly account: string | null;
  readonly providerBatchId: string | null;
}

export class PostgresBatchStore implements BatchStore {
  readonly #sql: SqlConnection;
  /** Of this process: who chooses an account sees what was chosen before. */
  #begun: Promise<unknown> = Promise.resolve();

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async join(request: BatchRequest, { runId, now }: BatchCaller): Promise<boolean> {
    const { executionId, turn, customId, groupId, path, body } = request;
    const joined = await this.#sql.query({
      name: 'join-batch',
      text: `insert into circuit_breaker.batch_requests as known
          (execution_id, turn, custom_id, group_id, path, body, joined_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (execution_id, turn) do update set custom_id = excluded.custom_id, group_id = excluded.group_id,
          path = excluded.path, body = excluded.body, joined_at = excluded.joined_at
        where known.custom_id = '' and known.left_run <> $8
        returning turn`,
      values: [executionId, turn, customId, groupId, path, body, now, runId],
    });
    if (joined.length > 0) return true;
    // Who left stays noted when another run joins: a request of it may be later than that.
    const waiting = await this.#sql.query({
      name: 'batch-request-waits',
      text: `select turn from circuit_breaker.batch_requests
        where execution_id = $1 and turn = $2 and custom_id <> '' and left_run is distinct from $3`,
      values: [executionId, turn, runId],
    });
    return waiting.length > 0;
  }

  /** Of one row with `join`: whichever comes second sees the other. */
  async leave(
    { executionId, turn }: Pick<BatchRequest, 'executionId' | 'turn'>,
    { runId, now }: BatchCaller,
  ): Promise<void> {
    await this.#sql.query({
      name: 'leave-batch',
      text: `insert into circuit_breaker.batch_requests
          (execution_id, turn, custom_id, group_id, path, body, joined_at, left_run)
        values ($1, $2, '', '', '', '', $3, $4)
        on conflict (execution_id, turn) do update set custom_id = '', group_id = '', path = '', body = '',
          joined_at = excluded.joined_at, left_run = excluded.left_run, batch_id = null, answer = null`,
      values: [executionId, turn, now, runId],
    });
  }

  async claim(groupId: string, batchId: string, limits: BatchLimits): Promise<number> {
    const before = await this.placesIn(batchId);
    if (before.length > 0) return before.length;
    const claimed = await this.#sql.query({
      name: 'claim-batch',
      text: `with waiting as (
          select execution_id, turn, row_number() over lines as line, sum(octet_length(body)) over lines as bytes
          from circuit_breaker.batch_requests where group_id = $1 and batch_id is null
          window lines as (order by ${ORDER})
        )
        update circuit_breaker.batch_requests request set batch_id = $2 from waiting
        where request.execution_id = waiting.execution_id and request.turn = waiting.turn and request.batch_id is null
          and (waiting.line = 1 or (waiting.line <= $3 and waiting.bytes <= $4))
        returning request.turn`,
      values: [groupId, batchId, limits.lines, limits.bytes],
    });
    return claimed.length;
  }

  async requestsIn(batchId: string): Promise<readonly BatchRequest[]> {
    return await this.#sql.query<BatchRequest>({
      name: 'requests-in-batch',
      text: `select ${PLACE}, group_id as "groupId", path, body from circuit_breaker.batch_requests
        where batch_id = $1 order by ${ORDER}`,
      values: [batchId],
    });
  }

  async placesIn(batchId: string): Promise<readonly BatchPlace[]> {
    return await this.#sql.query<BatchPlace>({
      name: 'places-in-batch',
      text: `select ${PLACE}, answer is not null as "isAnswered" from circuit_breaker.batch_requests
        where batch_id = $1 order by ${ORDER}`,
      values: [batchId],
    });
  }

  async answer(batchId: string, customId: string, answer: StoredAnswer): Promise<boolean> {
    const kept = await this.#sql.query({
      name: 'answer-in-batch',
      text: `update circuit_breaker.batch_requests set answer = coalesce(answer, $3)
        where batch_id = $1 and custom_id = $2 returning turn`,
      values: [batchId, customId, storableJson(answer)],
    });
    return kept.length > 0;
  }

  async answerRest(batchId: string, answer: StoredAnswer): Promise<void> {
    await this.#sql.query({
      name: 'answer-rest-of-batch',
      text: 'update circuit_breaker.batch_requests set answer = $2 where batch_id = $1 and answer is null',
      values: [batchId, storableJson(answer)],
    });
  }

  async waitOf(executionId: string, turn: number): Promise<BatchWait | undefined> {
    const [row] = await this.#sql.query<{
      readonly joined_at: string;
      readonly batch_id: string | null;
      readonly is_answered: boolean;
    }>({
      name: 'wait-for-batch',
      text: `select joined_at, batch_id, answer is not null as is_answered from circuit_breaker.batch_requests
        where execution_id = $1 and turn = $2 and left_run is null`,
      values: [executionId, turn],
    });
    if (row === undefined) return undefined;
    const wait = { joinedAt: row.joined_at, isAnswered: row.is_answered };
    return row.batch_id === null ? wait : { ...wait, batchId: row.batch_id };
  }

  async answerOf(executionId: string, turn: number): Promise<StoredAnswer | undefined> {
    const [row] = await this.#sql.query<{ readonly answer: StoredAnswer | null }>({
      name: 'answer-of-batch',
      text: 'select answer from circuit_breaker.batch_requests where execution_id = $1 and turn = $2',
      values: [executionId, turn],
    });
    return row?.answer ?? undefined;
  }

  async beginSubmission(batchId: string, begun: BegunSubmission): Promise<string> {
    const mine = this.#begun.then(() => this.#begin(batchId, begun));
    this.#begun = mine.catch(() => undefined);
    return await mine;
  }

  async #begin(batchId: string, { accounts, lines, now }: BegunSubmission): Promise<string> {
    const [row] = await this.#sql.query<{ readonly account: string }>({
      name: 'begin-batch-submission',
      text: `insert into circuit_breaker.batch_submissions as begun (batch_id, first_at, last_at, lines, account)
        select $1, $3, $3, $2, given.account from unnest($4::text[]) with ordinality as given(account, place)
        left join (
          select submission.account, count(*) as lines from circuit_breaker.batch_submissions submission
          join circuit_breaker.batch_requests request on request.batch_id = submission.batch_id
          where request.answer is null and submission.account = any($4::text[]) group by submission.account
        ) under_way on under_way.account = given.account
        order by coalesce(under_way.lines, 0), given.place limit 1
        on conflict (batch_id) do update set last_at = excluded.last_at, lines = excluded.lines,
          account = coalesce(begun.account, excluded.account)
        returning account`,
      values: [batchId, lines, now, accounts],
    });
    return row?.account ?? accounts[0];
  }

  async dropSubmission(batchId: string, lastAt: string): Promise<void> {
    await this.#sql.query({
      name: 'drop-batch-submission',
      text: `delete from circuit_breaker.batch_submissions
        where batch_id = $1 and last_at = $2 and provider_batch_id is null`,
      values: [batchId, lastAt],
    });
  }

  async endSubmission(batchId: string, providerBatchId: string): Promise<void> {
    await this.#sql.query({
      name: 'end-batch-submission',
      text: `update circuit_breaker.batch_submissions set provider_batch_id = coalesce(provider_batch_id, $2)
        where batch_id = $1`,
      values: [batchId, providerBatchId],
    });
  }

  async submissionOf(batchId: string): Promise<BatchSubmission | undefined> {
    const [row] = await this.#sql.query<SubmissionRow>({
      name: 'batch-submission',
      text: `select first_at as "firstAt", last_at as "lastAt", lines, account,
          provider_batch_id as "providerBatchId"
        from circuit_breaker.batch_submissions where batch_id = $1`,
      values: [batchId],
    });
    if (row === undefined) return undefined;
    const { account, providerBatchId, ...submission } = row;
    return {
      ...submission,
      ...(account === null ? {} : { account }),
      ...(providerBatchId === null ? {} : { providerBatchId }),
    };
  }

  async submittedSince(time: string): Promise<readonly string[]> {
    const rows = await this.#sql.query<{ readonly id: string }>({
      name: 'batches-submitted-since',
      text: `select provider_batch_id as id from circuit_breaker.batch_submissions
        where last_at >= $1 and provider_batch_id is not null`,
      values: [time],
    });
    return rows.map(({ id }) => id);
  }

  async forgetBefore(time: string): Promise<void> {
    const requests = 'delete from circuit_breaker.batch_requests where joined_at < $1';
    await this.#sql.query({ name: 'forget-batch-requests', text: requests, values: [time] });
    const submissions = 'delete from circuit_breaker.batch_submissions where last_at < $1';
    await this.#sql.query({ name: 'forget-batch-submissions', text: submissions, values: [time] });
  }
}
