import type { SqlConnection } from '../../storage/postgres/sql-connection.js';
import type { StreamTail } from '../stream-tail.js';
import { readTail, type TailRow } from './statements.js';

/** The tail of a log, and how many attempts at a turn it has seen. */
export type CountedTail = StreamTail & { readonly attempts: number };

export async function lookUpTail(
  sql: SqlConnection,
  executionId: string,
  turn: number,
): Promise<CountedTail | undefined> {
  const [row] = await sql.query<TailRow>(readTail(executionId, turn));
  if (row === undefined) return undefined;
  const { closed, event_type, ...columns } = row;
  return { ...columns, isOpening: event_type === 'attempt_started', isClosed: closed };
}
