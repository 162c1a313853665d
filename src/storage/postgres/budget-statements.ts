/** The limits of a call, of which `$1` is the JSON. */
const GIVEN = `given as (
  select * from json_to_recordset($1::json)
    as given(scope text, day text, "maxNanoUsd" numeric, "maxTokens" numeric, entry json)
)`;

const SUM = `sum.spent_nano_usd as "spentNanoUsd", sum.spent_tokens as "spentTokens",
  sum.reserved_nano_usd as "reservedNanoUsd", sum.reserved_tokens as "reservedTokens"`;

/**
 * Judges and reserves in one statement: whoever waited for the lock on a sum sees it as the others have left it. Sums are always
 * locked in the same order. As `fitIn` judges.
 */
export const RESERVE = `
with ${GIVEN}, locked as materialized (
  select sum.* from circuit_breaker.budget_sums sum where (sum.scope, sum.day) in (select scope, day from given)
  order by sum.scope collate "C", sum.day collate "C" for update
), known as materialized (
  select scope from circuit_breaker.budget_calls where execution_id = $2 and turn = $3::integer and call_id = $4
), judged as materialized (
  select given.scope, given.day, ${SUM}, sum.scope is not null as "isThere",
    sum.scope is not null
      and sum.spent_nano_usd + sum.reserved_nano_usd + $5::bigint <= coalesce(given."maxNanoUsd", 'Infinity')
      and sum.spent_tokens + sum.reserved_tokens + $6::bigint <= coalesce(given."maxTokens", 'Infinity') as fits
  from given left join locked sum on sum.scope = given.scope and sum.day = given.day
), taken as (
  insert into circuit_breaker.budget_calls (scope, execution_id, turn, call_id, day,
    most_nano_usd, most_tokens, least_nano_usd, least_tokens, used_on, expires_at)
  select scope, $2, $3::integer, $4, day, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9, $10 from judged
  where (select bool_and(fits) from judged) and not exists (select from known)
  on conflict do nothing returning scope, day
), added as (
  update circuit_breaker.budget_sums sum set reserved_nano_usd = sum.reserved_nano_usd + $5::bigint,
    reserved_tokens = sum.reserved_tokens + $6::bigint, used_on = greatest(sum.used_on, $9)
  from taken where sum.scope = taken.scope and sum.day = taken.day
)
select scope, day, "spentNanoUsd", "spentTokens", "reservedNanoUsd", "reservedTokens", "isThere",
  (select bool_and(fits) from judged) or exists (select from known) as "isReserved"
from judged`;

export const MAKE_SUMS = `
with ${GIVEN}
insert into circuit_breaker.budget_sums (scope, day, used_on)
select scope, day, $2 from given order by scope collate "C", day collate "C" on conflict do nothing`;

interface Ending {
  /** Of which calls. */
  readonly which: string;
  /** What they are settled as. */
  readonly stage: number;
  readonly takenNanoUsd: string;
  readonly takenTokens: string;
}

/**
 * Puts what calls have taken in the place of what they had reserved, or were thought to have taken; and tells, once, of sums that are
 * nearly spent by it. As `isNearlySpent` judges.
 */
export function endCalls({ which, stage, takenNanoUsd, takenTokens }: Ending): string {
  return `
with ${GIVEN}, calls as materialized (
  select *, ${takenNanoUsd} as now_nano_usd, ${takenTokens} as now_tokens from circuit_breaker.budget_calls where ${which}
  order by execution_id collate "C", turn, call_id collate "C", scope collate "C" limit 1000 for update
), ended as (
  update circuit_breaker.budget_calls call
  set settled = ${stage}, taken_nano_usd = calls.now_nano_usd, taken_tokens = calls.now_tokens
  from calls where call.execution_id = calls.execution_id and call.turn = calls.turn and call.call_id = calls.call_id
    and call.scope = calls.scope
), changes as materialized (
  select scope, day, sum(now_nano_usd - taken_nano_usd)::bigint as nano_usd, sum(now_tokens - taken_tokens)::bigint as tokens,
    sum(case when settled = 0 then most_nano_usd else 0 end)::bigint as freed_nano_usd,
    sum(case when settled = 0 then most_tokens else 0 end)::bigint as freed_tokens
  from calls group by scope, day
), locked as materialized (
  select sum.scope, sum.day, sum.is_told from circuit_breaker.budget_sums sum
  where (sum.scope, sum.day) in (select scope, day from changes)
  order by sum.scope collate "C", sum.day collate "C" for update
), judged as materialized (
  select changes.*, locked.is_told, given."maxNanoUsd", given."maxTokens", given.entry
  from changes join locked on locked.scope = changes.scope and locked.day = changes.day
  left join given on given.scope = changes.scope and given.day = changes.day
), changed as (
  update circuit_breaker.budget_sums sum
  set spent_nano_usd = sum.spent_nano_usd + judged.nano_usd, spent_tokens = sum.spent_tokens + judged.tokens,
    reserved_nano_usd = sum.reserved_nano_usd - judged.freed_nano_usd,
    reserved_tokens = sum.reserved_tokens - judged.freed_tokens,
    is_told = sum.is_told
      or (sum.spent_nano_usd + judged.nano_usd > 0
        and sum.spent_nano_usd + judged.nano_usd >= coalesce(judged."maxNanoUsd" * 0.8, 'Infinity'))
      or (sum.spent_tokens + judged.tokens > 0
        and sum.spent_tokens + judged.tokens >= coalesce(judged."maxTokens" * 0.8, 'Infinity'))
  from judged where sum.scope = judged.scope and sum.day = judged.day
  returning sum.scope, sum.day, sum.is_told, judged.is_told as was_told, judged.entry
), news as (
  select scope, day, entry from changed where is_told and not was_told
), told as (
  insert into circuit_breaker.audit_pending (entry) select entry from news
)
select scope, day from news`;
}

export const SUMS = `
select wanted.scope, wanted.day, ${SUM} from unnest($1::text[], $2::text[]) with ordinality as wanted(scope, day, place)
left join circuit_breaker.budget_sums sum on sum.scope = wanted.scope and sum.day = wanted.day order by wanted.place`;

/** Of so many rows at a time: the next round goes on. */
const MOST_FORGOTTEN = 10_000;

export const FORGET_CALLS = `
delete from circuit_breaker.budget_calls
where (execution_id, turn, call_id, scope) in (
  select execution_id, turn, call_id, scope from circuit_breaker.budget_calls where used_on < $1
  order by used_on limit ${MOST_FORGOTTEN}
)`;

export const FORGET_SUMS = `
delete from circuit_breaker.budget_sums
where (scope, day) in (
  select scope, day from circuit_breaker.budget_sums
  where used_on < case when day = '' then $2 else $1 end limit ${MOST_FORGOTTEN}
)`;
