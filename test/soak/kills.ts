import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runKillTrial } from '../support/kill-trial.js';
import { report } from '../support/report.js';

/** `npm run soak:kills -- KILLS SEED`: everything in one process is killed, with its Temporal server, at random moments. */
const [kills = 20, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const logPath = join(tmpdir(), `kill-trial-${seed}.log`);
const log = createWriteStream(logPath);
report(`${kills} kills, seed ${seed}; what the processes say: ${logPath}`);
const startedAt = performance.now();
const { wrong, acknowledged, killedAtStart, slowestStartMs } = await runKillTrial({
  ...{ kills, seed },
  say: (line) => log.write(`${new Date().toISOString()} ${line}\n`),
});
const took = Math.round((performance.now() - startedAt) / 1000);
report(
  `${acknowledged}; ${killedAtStart} kills more at a start, the slowest of which took ${slowestStartMs} ms; ${took} s`,
);
for (const one of wrong) report(one);
report(wrong.length === 0 ? 'All of it is there.' : `${wrong.length} are not as promised.`);
log.end();
process.exitCode = wrong.length === 0 ? 0 : 1;
