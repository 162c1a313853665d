import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

import type { Config } from '../config.js';

/** The log of a process, on stderr: stdout belongs to what a command has to say. */
export function createLogger({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const destination =
    logFormat === 'pretty'
      ? PinoPretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
      : pino.destination({ dest: 2, sync: false });
  return pino({ level: logLevel }, destination);
}
