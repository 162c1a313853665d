import type { Logger } from 'pino';

import { readConfig, secretsOf, type Config } from '../config.js';
import { CircuitBreakerError } from '../core/errors.js';
import { secretMask } from '../core/secrets.js';
import { createLogger } from './logger.js';
import { Resources } from './resources.js';

export interface ProcessParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly resources: Resources;
  /** Says something to the person who started the process. */
  readonly say: (line: string) => void;
}

/**
 * Runs a process of ours: reads its configuration, starts it, waits for SIGINT or SIGTERM (a task: for its end), and
 * closes what was opened. A second signal ends it at once. An error that a user can mend is printed as its message.
 */
export async function runProcess(
  start: (parts: ProcessParts) => Promise<void>,
  { isTask = false }: { isTask?: boolean } = {},
): Promise<void> {
  const stop = stopSignal();
  const config = orExit(readConfig);
  const logger = createLogger(isTask ? { ...config, logLevel: quieter(config.logLevel) } : config);
  const resources = new Resources(logger);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const started = start({ config, logger, resources, say });
    await Promise.race([started, stop.received]);
    if (!isTask) await stop.received;
  } catch (error) {
    printError(error, secretMask(secretsOf(config)));
    process.exitCode = 1;
  } finally {
    await resources.close();
    stop.release();
  }
}

/** A task speaks for itself: its log is for what goes wrong, unless more was asked for. */
function quieter(level: Config['logLevel']): Config['logLevel'] {
  return level === 'info' ? 'warn' : level;
}

/** What a person reads when a process cannot go on. */
export function printError(error: unknown, mask = (text: string) => text): void {
  const text =
    error instanceof CircuitBreakerError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`\n${mask(text)}\n`);
}

function orExit<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    printError(error);
    process.exit(1);
  }
}

interface StopSignal {
  readonly received: Promise<void>;
  release(): void;
}

function stopSignal(): StopSignal {
  let stop: () => void = () => undefined;
  const received = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let count = 0;
  const onSignal = () => {
    count += 1;
    if (count > 1) process.exit(130);
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    received,
    release: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
