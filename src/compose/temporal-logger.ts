import type { Logger as TemporalLogger, LogLevel, LogMetadata, RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';

import { executionFailure, TASK_GIVEN_AGAIN, TASK_GIVEN_AGAIN_TYPE } from '../contract/failures.js';

/**
 * Temporal's runtime with its log in ours, also that of its native part, which would else print by itself. `metricsAddress`: where that
 * serves what it measures; absent: nowhere.
 */
export function temporalRuntime(logger: Logger, metricsAddress?: string): RuntimeOptions {
  return {
    // By default SIGUSR2, which changes our log, and SIGQUIT stop workers, too, in a process that goes on.
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metricsAddress === undefined ? {} : { metrics: served(metricsAddress) }),
    },
  };
}

/** Under names as Prometheus asks for. */
function served(bindAddress: string): NonNullable<NonNullable<RuntimeOptions['telemetryOptions']>['metrics']> {
  const names = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  return { attachServiceName: false, prometheus: { bindAddress, ...names } };
}

/**
 * Facts with an error's code and words in place of the error, of which JSON would have neither, and without the task that failed: it
 * has the documents that it was about.
 */
function readable({ error, task: _, taskEncoded: _bytes, ...facts }: Readonly<Record<string, unknown>>): object {
  if (typeof error !== 'object' || error === null) return error === undefined ? facts : { ...facts, error };
  const { errorCode: code, errorMessage: message } = executionFailure(error);
  // A workflow's error has lost its code on the way here, and its line brings it.
  return { code, ...facts, message };
}

const ATTEMPTS_TOLD = 8;

/** What is tried again and again says little new: of its later failures ever fewer are told. */
function isNews({ attempt }: LogMetadata): boolean {
  return typeof attempt !== 'number' || attempt <= ATTEMPTS_TOLD || Number.isInteger(Math.log2(attempt));
}

/** A warning with the failure in all its parts, for every one of a thousand tokens: it is meant, and one line says all. */
function isTaskGivenAgain({ failure }: LogMetadata): boolean {
  return typeof failure === 'string' && failure.includes(TASK_GIVEN_AGAIN_TYPE);
}

/**
 * The native part gives a workflow the next task beside one that the server has failed: `workflows/turns` mends that. And a quick try
 * that storage answers after its time is meant: it goes on as a normal activity.
 */
function isMended(message: string): boolean {
  return (
    message.startsWith('Trying to send a new WFT for a run which already has one') ||
    message === 'Tried to complete untracked local activity'
  );
}

/**
 * Temporal's own log in ours. What it calls information (every change of a worker's state) is detail here, and so is most of what
 * fails for the ninth time and later. One warning is left out: that the worker of the tools queue runs no workflows is meant.
 */
function temporalLogger(logger: Logger): TemporalLogger {
  const write =
    (level: 'trace' | 'debug' | 'warn' | 'error') =>
    (message: string, facts: LogMetadata = {}) => {
      if (message.startsWith('No workflows registered')) return;
      if (isTaskGivenAgain(facts))
        logger.info({ sdkComponent: facts['sdkComponent'], runId: facts['run_id'] }, TASK_GIVEN_AGAIN);
      else
        logger[isMended(message) || (level === 'warn' && !isNews(facts)) ? 'debug' : level](readable(facts), message);
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
