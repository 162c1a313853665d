import type { Logger as TemporalLogger, LogLevel, LogMetadata, RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Temporal's runtime with its log in ours, also that of its native part, which would else print by itself. */
export function temporalRuntime(logger: Logger): RuntimeOptions {
  return {
    logger: temporalLogger(logger),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  };
}

/**
 * Temporal's own log in ours. What it calls information (every change of a worker's state) is detail here, and one
 * warning is left out: that the worker of the tools queue runs no workflows is meant.
 */
function temporalLogger(logger: Logger): TemporalLogger {
  const write =
    (level: 'trace' | 'debug' | 'warn' | 'error') =>
    (message: string, facts: LogMetadata = {}) => {
      if (message.startsWith('No workflows registered')) return;
      logger[level]({ ...facts }, message);
    };
  const methods = {
    trace: write('trace'),
    debug: write('debug'),
    info: write('debug'),
    warn: write('warn'),
    error: write('error'),
  };
  const byLevel: Readonly<Record<LogLevel, keyof typeof methods>> = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'info',
    WARN: 'warn',
    ERROR: 'error',
  };
  return {
    ...methods,
    log: (level, message, facts) => {
      methods[byLevel[level]](message, facts);
    },
  };
}
