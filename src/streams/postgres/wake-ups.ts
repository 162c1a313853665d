import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import { placeEvents, type StoredEventBody } from '../entries/stream-entry.js';
import type { StreamWake } from '../stream-log.js';
import { Watchers } from '../entries/watchers.js';
import { CHANNEL } from './statements.js';

/** Passes the notifications of the database on to whom they concern. Listens from the first watch to the shutdown. */
export class WakeUps {
  readonly #sql: SqlConnection;
  readonly #watchers = new Watchers();
  #unlisten: (() => void) | undefined;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    const unwatch = this.#watchers.add(executionId, onWake);
    this.#unlisten ??= this.#sql.listen(CHANNEL, {
      onNotify: (payload) => {
        this.#pass(payload);
      },
      // Whatever was sent while nobody listened is gone: everyone has to look.
      onConnect: () => {
        this.#watchers.wakeAll({ kind: 'changed' });
      },
    });
    return unwatch;
  }

  shutdown(): void {
    this.#watchers.clear();
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #pass(payload: string): void {
    const end = payload.indexOf('\n');
    const executionId = end === -1 ? payload : payload.slice(0, end);
    // Before anything is parsed: most notifications are for viewers of other processes.
    if (!this.#watchers.has(executionId)) return;
    this.#watchers.wake(executionId, end === -1 ? { kind: 'changed' } : readWake(executionId, payload.slice(end + 1)));
  }
}

type NotifiedEntry = readonly [number, string, number, number, string, readonly StoredEventBody[]];

/** What cannot be read is from another version of the program; the log itself can be read all the same. */
function readWake(executionId: string, json: string): StreamWake {
  try {
    const [first, opening, turn, attempt, timestamp, bodies] = JSON.parse(json) as NotifiedEntry;
    const events = placeEvents({ executionId, first, turn, attempt, timestamp }, bodies);
    return { kind: 'entry', entry: { first, opening, events } };
  } catch {
    return { kind: 'changed' };
  }
}
