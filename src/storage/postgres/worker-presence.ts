import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { SqlConnection, SqlSession } from '../../backends/postgres/sql-connection.js';
import type { GoneWorker, JoiningWorker, PresentWorker, WorkerPresence } from '../worker-presence.js';
import * as statements from './presence-statements.js';

export interface PresenceTimes {
  /** How often somebody looks, all workers together, as long as each looks no more often than that. */
  readonly lookEveryMs: number;
  /** How long a worker is missed before its calls are taken from it: a cut connection is back by then. */
  readonly graceMs: number;
  /** For so long after a server has started, or was away, nobody is missed: all have to come back to it. */
  readonly settleMs: number;
}

const TIMES: PresenceTimes = { lookEveryMs: 200, graceMs: 400, settleMs: 5000 };
/** Of many workers each looks more rarely, so that the server has as much to do as with a few. */
const LOOK_PER_WORKER_MS = 60;
/** What begins and ends in between is never written. */
const GATHER_MS = 10;
const MOST_IDS = 2 ** 31 - 1;

type OpenSession = NonNullable<SqlConnection['openSession']>;

/** As long as a worker lives it holds a lock, by a connection of its own. Nobody else takes it: the others see that it is held. */
export class PostgresWorkerPresence implements WorkerPresence {
  readonly #open: OpenSession;
  readonly #times: PresenceTimes;

  constructor(open: OpenSession, times: PresenceTimes = TIMES) {
    this.#open = open;
    this.#times = times;
  }

  join(worker: JoiningWorker): PresentWorker {
    return new Presence(this.#open, worker, this.#times);
  }
}

class Presence implements PresentWorker {
  readonly #worker: JoiningWorker;
  readonly #times: PresenceTimes;
  readonly #session: SqlSession;
  readonly #calls = new Map<number, string>();
  /** Of the calls, those that the others know; also some that are over. */
  readonly #told = new Set<number>();
  readonly #leaving = new AbortController();
  #id = randomInt(1, MOST_IDS);
  #lastNumber = 0;
  /** Its lock is held, and its entry made. */
  #isHere = false;
  /** Undefined: it was never away. */
  #backSince: number | undefined;
  #isFirst = true;
  #telling: Promise<void> | undefined;

  constructor(open: OpenSession, worker: JoiningWorker, times: PresenceTimes) {
    this.#worker = worker;
    this.#times = times;
    this.#session = open(() => this.#arrive());
    void this.#lookOn();
  }

  began(call: string): () => void {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    this.#calls.set(number, call);
    this.#tellSoon();
    return () => {
      this.#calls.delete(number);
      if (this.#told.has(number)) this.#tellSoon();
    };
  }

  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#telling;
    await this.#session.query(statements.leave(this.#id)).catch(() => undefined);
    this.#session.close();
  }

  /**
   * Also after a cut: what the others were told may be gone with the server, or with its patience. Where the server has not heard of the
   * cut yet, the connection before still holds the lock, and lets it go at any time: then under another id.
   */
  async #arrive(): Promise<void> {
    this.#isHere = false;
    if (!this.#isFirst) this.#backSince = performance.now();
    this.#isFirst = false;
    this.#told.clear();
    while (!(await this.#hasArrived())) {
      const before = this.#id;
      this.#id = randomInt(1, MOST_IDS);
      await this.#session.query(statements.move(before, this.#id, this.#worker.name));
    }
    this.#isHere = true;
    this.#tellSoon();
  }

  async #hasArrived(): Promise<boolean> {
    const [lock] = await this.#session.query<{ readonly held: boolean }>(statements.lock(this.#id));
    if (lock?.held !== true) return false;
    return (await this.#session.query(statements.arrive(this.#id, this.#worker.name))).length > 0;
  }

  #tellSoon(): void {
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
      if (this.#isHere && this.#hasNews() && !this.#leaving.signal.aborted) this.#tellSoon();
    });
  }

  #hasNews(): boolean {
    return [...this.#calls.keys()].some((number) => !this.#told.has(number)) || this.#told.size > this.#calls.size;
  }

  async #tell(): Promise<void> {
    await this.#pause(GATHER_MS);
    // Whoever arrives tells everything.
    if (!this.#isHere || this.#leaving.signal.aborted) return;
    const begun = [...this.#calls].filter(([number]) => !this.#told.has(number));
    const ended = [...this.#told].filter((number) => !this.#calls.has(number));
    if (begun.length + ended.length === 0) return;
    try {
      await this.#session.query(statements.tell(this.#id, { begun, ended }));
    } catch {
      // Whoever comes back tells everything anew. A moment, so that a server that refuses it is not asked without end.
      await this.#pause(this.#times.graceMs);
      return;
    }
    for (const [number] of begun) this.#told.add(number);
    for (const number of ended) this.#told.delete(number);
  }

  async #lookOn(): Promise<void> {
    while (!this.#leaving.signal.aborted) {
      const workers = await this.#look().catch(() => 1);
      await this.#pause(Math.max(this.#times.lookEveryMs, workers * LOOK_PER_WORKER_MS));
    }
  }

  /** Resolves with how many workers are here. */
  async #look(): Promise<number> {
    if (!this.#isHere) return 1;
    const [seen = { workers: 1, unclear: 0 }] = await this.#session.query<statements.Seen>(statements.look);
    if (seen.unclear === 0) return seen.workers;
    await this.#session.query(statements.noteMissing);
    const { graceMs, settleMs } = this.#times;
    if (this.#backSince !== undefined && performance.now() - this.#backSince < settleMs) return seen.workers;
    const taken = await this.#session.query<statements.TakenCall>(statements.takeCalls({ graceMs, settleMs }));
    for (const gone of byWorker(taken)) this.#worker.onGone(gone);
    return seen.workers;
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { ref: false, signal: this.#leaving.signal }).catch(() => undefined);
  }
}

function byWorker(taken: readonly statements.TakenCall[]): readonly GoneWorker[] {
  const workers = new Map<number, { readonly name: string; readonly calls: string[] }>();
  for (const { id, name, call } of taken) {
    const worker = workers.get(id) ?? { name, calls: [] };
    workers.set(id, worker);
    if (call !== null) worker.calls.push(call);
  }
  return [...workers.values()];
}
