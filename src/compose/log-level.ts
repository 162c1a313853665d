import { hostname } from 'node:os';

import type { Level, Logger } from 'pino';

export type LogLevel = Level | 'silent';

type LevelledLogger = Pick<Logger, 'info'> & { level: string };

/** How much a process logs, which may change while it runs: all that was made of its logger follows. */
export class LogLevelSwitch {
  /** As others may name this process. */
  readonly process = `${hostname()}:${process.pid}`;
  readonly #logger: LevelledLogger;
  /** What `SIGUSR2` comes back to. */
  readonly #usual: LogLevel;
  #level: LogLevel;

  /** `initial`: what the logger has. */
  constructor(logger: LevelledLogger, initial: LogLevel) {
    this.#logger = logger;
    this.#level = initial;
    // Who starts with all details wants fewer of them at times.
    this.#usual = isDetailed(initial) ? 'info' : initial;
  }

  get level(): LogLevel {
    return this.#level;
  }

  /** From now on. It is said in a line, at whatever level. Returns the level before. */
  set(level: LogLevel, by: string): LogLevel {
    const before = this.#level;
    this.#level = level;
    this.#logger.level = 'info';
    this.#logger.info({ level, before, by }, 'the level of this log was changed');
    this.#logger.level = level;
    return before;
  }

  /** To `debug`, and from there back. */
  toggle(by: string): void {
    this.set(isDetailed(this.#level) ? this.#usual : 'debug', by);
  }

  /** Has SIGUSR2 toggle it, which without a listener ends a process. Returns what ends that. */
  listen(): () => void {
    const toggle = () => {
      this.toggle('SIGUSR2');
    };
    process.on('SIGUSR2', toggle);
    return () => {
      process.off('SIGUSR2', toggle);
    };
  }
}

function isDetailed(level: LogLevel): boolean {
  return level === 'debug' || level === 'trace';
}
