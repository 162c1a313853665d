import type { Logger } from 'pino';

import { readConfig, type Config } from '../config.js';
import { CircuitBreakerError } from '../core/errors.js';
import { secretMask } from '../core/secrets.js';
import { FAULT } from './exit-codes.js';
import { EndRequest, exitCodeOf, type EndReason } from './end-request.js';
import { LogLevelSwitch } from './log-level.js';
import { logStrays } from './log-strays.js';
import { createLogger } from './logger.js';
import { maskOutput } from './mask-output.js';
import { Resources } from './resources.js';
import { SILENT, type Telemetry } from './telemetry.js';
import { visibleText } from '../core/json/visible-text.js';

export interface ProcessParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly logLevel: LogLevelSwitch;
  readonly resources: Resources;
  readonly telemetry: Telemetry;
  /** Says something to the person who started the process: a line. Nothing in it is obeyed by a terminal. */
  readonly say: (line: string) => void;
  /** The same for text that comes in pieces, without a line break. */
  readonly print: (text: string) => void;
  /** Aborted when the process is to end. */
  readonly ending: AbortSignal;
}

/** After everything is closed, whatever still keeps the process alive has so long. */
const LAST_WORK_MS = 10_000;
/** After an error that nobody caught, which may be of what is to be closed, everything together has so long. */
export const LAST_RESORT_MS = 30_000;

/**
 * Runs a process of ours: reads its configuration, starts it, waits for SIGINT, SIGTERM, SIGHUP or the loss of its output
 * (a task: for its end), and closes what was opened. A second signal ends it at once. An error that a user can mend is
 * printed as its message, and it exits with 1, a task with FAULT. Exits with 0 when it was asked to end and did; a task that was cut off, or a process that lost
 * its terminal, with 128 and the number of the signal. An error that nobody caught ends it in order, with 1. Whatever is
 * written meanwhile, by whomever, shows no secret. SIGUSR2 has it log at the level debug, and again as before.
 */
export async function runProcess(
  start: (parts: ProcessParts) => Promise<void>,
  { isTask = false }: { isTask?: boolean } = {},
): Promise<void> {
  const request = new EndRequest();
  const faultCode = isTask ? FAULT : 1;
  const config = orExit(readConfig, faultCode);
  const initial = isTask ? quieter(config.logLevel) : config.logLevel;
  const logger = await createLogger({ ...config, logLevel: initial }, request.outputLost);
  const logLevel = new LogLevelSwitch(logger, initial);
  const endListening = logLevel.listen();
  const resources = new Resources(logger);
  const failed = new AbortController();
  const mask = secretMask(config.secrets);
  const write = maskOutput(mask);
  const uncaught = new Promise<void>((resolve) => {
    logStrays(logger, () => {
      process.exitCode = 1;
      setTimeout(() => process.exit(), LAST_RESORT_MS).unref();
      failed.abort();
      resolve();
    });
  });
  const print = (text: string) => write(visibleText(text));
  const say = (line: string) => print(mask(`${line}\n`));
  try {
    const ending = AbortSignal.any([request.signal, failed.signal]);
    const started = start({ config, logger, logLevel, resources, telemetry: SILENT, say, print, ending });
    await Promise.race([isTask ? started : started.then(() => request.received()), request.received(), uncaught]);
  } catch (error) {
    // What is stopped on its way fails, too.
    if (request.reason === undefined && !failed.signal.aborted) {
      printError(error, mask);
      process.exitCode = faultCode;
    }
    failed.abort();
  } finally {
    await resources.close();
    endWith(request.reason, { isTask });
    request.release();
    endListening();
  }
}

function endWith(reason: EndReason | undefined, { isTask }: { readonly isTask: boolean }): void {
  if (reason === undefined) return;
  const wasAsked = reason === 'SIGINT' || reason === 'SIGTERM';
  process.exitCode ??= wasAsked && !isTask ? 0 : exitCodeOf(reason);
  setTimeout(() => process.exit(), LAST_WORK_MS).unref();
}

/** A task speaks for itself: its log is for what goes wrong, unless more was asked for. */
function quieter(level: Config['logLevel']): Config['logLevel'] {
  return level === 'info' ? 'warn' : level;
}

/** What a person reads when a process cannot go on. */
function printError(error: unknown, mask = (text: string) => text): void {
  const text =
    error instanceof CircuitBreakerError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`\n${visibleText(mask(text))}\n`);
}

function orExit<Result>(read: () => Result, code: number): Result {
  try {
    return read();
  } catch (error) {
    printError(error);
    process.exit(code);
  }
}
