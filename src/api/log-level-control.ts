/** How much the process logs that answers. */
export interface LogLevelControl {
  /** Its host, and its id there. */
  readonly process: string;
  /** From now on; `by` says in the log who wanted it. Returns the level before. */
  set(level: LogLevel, by: string): LogLevel;
}

type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
