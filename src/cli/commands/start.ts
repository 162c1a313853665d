import { banner, STARTING } from '../../compose/banner.js';
import { runEverything } from '../../compose/run-everything.js';
import { runProcess } from '../../compose/run-process.js';

/** Everything in one process. */
export async function start(): Promise<void> {
  await runProcess(async (parts) => {
    if (process.stdout.isTTY) parts.say(STARTING);
    parts.say(banner(parts.config, await runEverything(parts)));
  });
}
