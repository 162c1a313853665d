/**
 * What our SQL needs of a database of the PostgreSQL dialect: a `pg` pool or PGlite. All SQL goes through here.
 */
export interface SqlConnection {
  /** Whether the database lives on when this process dies. Where it does not, only what is on disk survives a crash. */
  readonly outlivesProcess: boolean;
  /**
   * Runs one statement; with `name` it is prepared once per connection. Throws UNAVAILABLE (CircuitBreakerError) when
   * the database cannot be reached or does not answer in time, the driver's own error otherwise. Where no answer came the
   * statement may have been carried out all the same.
   */
  query<Row extends object>(statement: SqlStatement): Promise<readonly Row[]>;
  /**
   * Listens on a channel over one connection that the whole process shares. `onConnect` follows every (re)connect, the
   * first included: notifications sent while the connection was away are lost. Returns the function that ends it.
   */
  listen(channel: string, listener: SqlListener): () => void;
  /**
   * Opens a connection that is there for one purpose, as long as the process lives. `onConnect` follows every (re)connect, the first
   * included, and may ask. Absent: one process has the database for itself.
   */
  readonly openSession?: (onConnect: () => Promise<void>) => SqlSession;
  /** Copies the database, as it is at one moment, into a folder that is not there yet. Absent: a server has it. */
  readonly copyTo?: (folder: string) => Promise<void>;
  /** Its last process was killed: what that wrote last may be lost, where the machine went down with it. */
  readonly isAfterCrash?: boolean;
  /** How its connections are at the moment. Absent: there is one only. */
  readonly poolState?: () => PoolState;
  close(): Promise<void>;
}

export interface SqlSession {
  /** As on the connection. Throws UNAVAILABLE at once while the session is away; it comes back by itself. */
  query<Row extends object>(statement: SqlStatement): Promise<readonly Row[]>;
  /** What it holds is let go by the server within a moment. */
  close(): void;
}

export interface PoolState {
  readonly used: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
}

export interface SqlStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly name?: string;
  /** For what works through much or waits its turn: how long that may take. Other statements have ten seconds. */
  readonly timeoutMs?: number;
}

export interface SqlListener {
  readonly onNotify: (payload: string) => void;
  readonly onConnect: () => void;
}
