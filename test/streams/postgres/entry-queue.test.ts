import { beforeEach, describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import type { SqlConnection, SqlStatement } from '../../../src/storage/postgres/sql-connection.js';
import { EntryQueue } from '../../../src/streams/postgres/entry-queue.js';
import { newEntry, type NewEntry } from '../../../src/streams/postgres/new-entry.js';
import type { InsertedRow } from '../../../src/streams/postgres/statements.js';

type Answer = (rows: readonly InsertedRow[]) => readonly InsertedRow[] | Promise<readonly InsertedRow[]>;

/** A database that keeps nothing: each statement is answered as the test says. */
class ScriptedSql implements SqlConnection {
  readonly outlivesProcess = true;
  readonly statements: (readonly InsertedRow[])[] = [];
  answer: Answer = (rows) => rows;

  async query<Row extends object>({ values }: SqlStatement): Promise<readonly Row[]> {
    const rows = JSON.parse(String(values[0])) as readonly InsertedRow[];
    this.statements.push(rows);
    return (await this.answer(rows)) as unknown as readonly Row[];
  }

  listen(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function anEntry(executionId: string, text = 'a'): NewEntry {
  const bodies = [{ eventType: 'content_chunk', content: text }] as const;
  const opening = `opening of ${executionId}`;
  return newEntry(executionId, undefined, { epoch: 1, opening, turn: 1, attempt: 1, closed: false, bodies });
}

function away(): CircuitBreakerError {
  return new CircuitBreakerError('UNAVAILABLE', 'The database is away.');
}

describe('the entry queue', () => {
  let sql: ScriptedSql;
  let queue: EntryQueue;

  beforeEach(() => {
    sql = new ScriptedSql();
    queue = new EntryQueue(sql);
  });

  const executionsOf = (rows: readonly InsertedRow[]) => rows.map((row) => row.execution_id);

  it('sends what arrives in one turn of the event loop as one statement', async () => {
    await new Promise((resolve, reject) => {
      setTimeout(() => {
        const inserted = [queue.insert(anEntry('timer'))];
        // Another callback of the same turn.
        process.nextTick(() => {
          inserted.push(queue.insert(anEntry('next tick')));
          Promise.all(inserted).then(resolve, reject);
        });
      }, 0);
    });
    expect(sql.statements.map(executionsOf)).toEqual([['timer', 'next tick']]);
  });

  it('has one statement on its way and sends what arrives meanwhile with the next one', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    sql.answer = (rows) => held.then(() => rows);
    const first = queue.insert(anEntry('first'));
    while (sql.statements.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const later = ['second', 'third'].map((id) => queue.insert(anEntry(id)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sql.statements).toHaveLength(1);
    release();
    expect(await Promise.all([first, ...later])).toEqual([true, true, true]);
    expect(sql.statements.map(executionsOf)).toEqual([['first'], ['second', 'third']]);
  });

  it('tells each whether it was stored', async () => {
    sql.answer = (rows) => rows.filter((row) => row.execution_id !== 'refused');
    const answers = await Promise.all(['stored', 'refused', 'also'].map((id) => queue.insert(anEntry(id))));
    expect(answers).toEqual([true, false, true]);
  });

  it('tells only one of two equal entries that it was stored', async () => {
    sql.answer = (rows) => rows.slice(0, 1);
    const answers = await Promise.all([queue.insert(anEntry('same')), queue.insert(anEntry('same'))]);
    expect(answers).toEqual([true, false]);
  });

  it('keeps nothing while the database is away, and goes on when it is back', async () => {
    sql.answer = () => Promise.reject(away());
    const outcomes = await Promise.allSettled(['a', 'b'].map((id) => queue.insert(anEntry(id))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    sql.answer = (rows) => rows;
    expect(await queue.insert(anEntry('c'))).toBe(true);
    expect(sql.statements.map(executionsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it('refuses an entry that the database cannot take, and only that one', async () => {
    sql.answer = (rows) => {
      if (rows.some((row) => row.execution_id === 'ill')) throw new Error('cannot be stored');
      return rows;
    };
    const outcomes = await Promise.allSettled(['a', 'ill', 'b'].map((id) => queue.insert(anEntry(id))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('splits what is too much for one statement', async () => {
    const text = 'x'.repeat(400 * 1024);
    await Promise.all(['a', 'b', 'c'].map((id) => queue.insert(anEntry(id, text))));
    expect(sql.statements.map(executionsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it('sends an entry that is larger than a statement should be', async () => {
    expect(await queue.insert(anEntry('large', 'x'.repeat(2 * 1024 * 1024)))).toBe(true);
  });

  it('waits at shutdown for the statement on its way, and refuses what has not been sent', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    sql.answer = (rows) => held.then(() => rows);
    const sent = queue.insert(anEntry('sent'));
    while (sql.statements.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const waiting = expect(queue.insert(anEntry('waiting'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    let isDown = false;
    const down = queue.shutdown().then(() => (isDown = true));
    await waiting;
    expect(isDown).toBe(false);
    release();
    await down;
    expect(await sent).toBe(true);
    await expect(queue.insert(anEntry('late'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
