import { banner } from '../../compose/banner.js';
import { runEverything } from '../../compose/run-everything.js';
import { runProcess } from '../../compose/run-process.js';

/** Everything in one process. */
export async function start(): Promise<void> {
  await runProcess(async (parts) => {
    parts.say('Starting Temporal, storage, a worker and the API …');
    parts.say(banner(parts.config, await runEverything(parts)));
  });
}
