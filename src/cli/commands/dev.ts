import { readdir } from 'node:fs/promises';

import { banner, STARTING } from '../../compose/banner.js';
import { runEverything } from '../../compose/run-everything.js';
import { runProcess } from '../../compose/run-process.js';
import { withTelemetry } from '../../compose/with-telemetry.js';
import { wordsOf } from '../../core/errors.js';
import type { CommandRequest } from '../command.js';
import { developFolder } from '../dev/develop-folder.js';
import { sayFault } from '../say-fault.js';

/** Everything in one process, in a folder whose agents and workflows it applies as they are saved. Exits with 2 where there is no such folder. */
export async function dev({ operands: [folder = '.'] }: CommandRequest): Promise<void> {
  try {
    await readdir(folder);
    // Its .env is read, and what it stores lies there, as with a start in it.
    process.chdir(folder);
  } catch (error) {
    sayFault(`The folder ${folder} cannot be read: ${wordsOf(error)}`);
    return;
  }
  await runProcess(async (given) => {
    if (process.stdout.isTTY) given.say(STARTING);
    const parts = await withTelemetry(given);
    const running = await runEverything(parts);
    parts.say(banner(parts, running));
    await developFolder(parts, running);
  });
}
