import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

import { secretsOf, type Config } from '../config.js';
import { secretMask } from '../core/secrets.js';

/**
 * The log of a process, on stderr: stdout belongs to what a command has to say. Every line is searched for the secrets
 * of the configuration, whoever wrote it: an error of a driver may carry an address with its password.
 */
export function createLogger(config: Config): Logger {
  const { logLevel, logFormat } = config;
  const destination =
    logFormat === 'pretty'
      ? PinoPretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
      : pino.destination({ dest: 2, sync: false });
  return pino({ level: logLevel, hooks: { streamWrite: secretMask(secretsOf(config)) } }, destination);
}
