import { pino, type Logger, type LoggerOptions } from 'pino';

import type { Config } from '../config.js';
import { secretMask } from '../core/secrets.js';
import { currentTraceId } from '../telemetry/traces.js';
import { kindOfAway, RepeatedLines } from './repeated-lines.js';

/**
 * The log of a process, on stderr: stdout belongs to what a command has to say. Every line is searched for the secrets
 * of the configuration, whoever wrote it: an error of a driver may carry an address with its password. That a server is away is
 * said once a minute, whoever says it; at the level debug, each time. `onLost` is told when nobody reads it any more; from then on it is silent.
 */
export async function createLogger(config: Config, onLost: () => void): Promise<Logger> {
  const { logLevel, logFormat } = config;
  const stderr = pino.destination({ dest: 2, sync: logFormat === 'pretty' });
  let isLost = false;
  stderr.on('error', () => {
    isLost = true;
    // What it still holds would be written at the exit, and fail again.
    stderr.destroy();
    onLost();
  });
  const shown = logFormat === 'pretty' ? await prettyLine() : (line: string) => line;
  const write = (line: string) => {
    if (!isLost) stderr.write(shown(line));
  };
  return pino(
    {
      level: logLevel,
      hooks: { streamWrite: secretMask(config.secrets), logMethod: onceAMinute() },
      mixin: traceOfLine,
    },
    { write },
  );
}

/** In which trace something is said. */
function traceOfLine(): { readonly traceId?: string } {
  const traceId = currentTraceId();
  return traceId === undefined ? {} : { traceId };
}

const [WARN, FATAL] = [pino.levels.values['warn'] ?? 40, pino.levels.values['fatal'] ?? 60];

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

/** Of lines that say that a server is away only what is news: see `RepeatedLines`. Why a process ends is said in any case. */
export function onceAMinute(repeated = new RepeatedLines()): LogMethod {
  return function (...[args, method, level]) {
    const [facts, message, ...rest] = args;
    const kind = level < WARN || level >= FATAL ? undefined : kindOfAway(facts);
    const leftOut = kind === undefined ? 0 : repeated.take(kind);
    if (leftOut === undefined) this.debug(...args);
    else if (leftOut === 0) method.apply(this, args);
    else method.apply(this, [facts, `${message ?? ''} (and ${leftOut} lines more since)`, ...rest]);
  };
}

/** What people do not need to find what happened: a process has one of each, or Temporal's UI shows it. LOG_FORMAT=json has all. */
const LEFT_OUT = [
  ...['pid', 'hostname', 'sdkComponent', 'taskQueue', 'namespace'],
  ...['isLocal', 'taskToken', 'activityId', 'workflowRunId', 'runId'],
];

/** Makes a line for people of a line of JSON; loaded where somebody reads it. */
export async function prettyLine(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({ ignore: LEFT_OUT.join(), translateTime: 'HH:MM:ss', singleLine: true });
}
