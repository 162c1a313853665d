import { banner, STARTING } from '../../compose/banner.js';
import { runEverything } from '../../compose/run-everything.js';
import { runProcess } from '../../compose/run-process.js';
import { withTelemetry } from '../../compose/with-telemetry.js';

/** Everything in one process. */
export async function start(): Promise<void> {
  await runProcess(async (given) => {
    if (process.stdout.isTTY) given.say(STARTING);
    const parts = await withTelemetry(given);
    parts.say(banner(parts, await runEverything(parts)));
  });
}
