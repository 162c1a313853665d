import { Console } from 'node:console';
import { Writable } from 'node:stream';

import type { Logger } from 'pino';

import { runningTool } from '../tools/running-tools.js';

/**
 * Takes into the log, and so through its mask, what Node and packages would write past it: what they print by `console`,
 * warnings of the process, and errors and rejections that nobody caught. After one of those the process goes on only
 * until `onUncaught` has ended it; what a tool of a user left behind ends nothing.
 */
export function logStrays(logger: Logger, onUncaught: () => void): void {
  replaceConsole(
    new Console({
      stdout: intoLog((text) => {
        logger.info({ from: 'console' }, text);
      }),
      stderr: intoLog((text) => {
        logger.warn({ from: 'console' }, text);
      }),
    }),
  );
  // Node's own listener prints them.
  process.removeAllListeners('warning').on('warning', (warning) => {
    logger.warn({ err: warning }, 'a warning of Node or of a package');
  });
  // Rejections, too: without a listener of their own they come here.
  process.on('uncaughtException', (error, origin) => {
    const tool = runningTool();
    if (tool !== undefined) {
      logger.error({ err: error, origin, tool }, 'an error that a tool left to nobody: it should await what it begins');
      return;
    }
    logger.fatal({ err: error, origin }, 'an error that nobody caught: this process ends');
    onUncaught();
  });
}

/** In the object itself: packages hold it already. */
function replaceConsole(other: Console): void {
  const methods = Object.entries(other).filter(([name, value]) => name in console && typeof value === 'function');
  Object.assign(console, Object.fromEntries(methods));
}

/** Where a line, or several that were printed together, become one of the log. */
function intoLog(write: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      write(chunk.toString().replace(/\n$/, ''));
      done();
    },
  });
}
