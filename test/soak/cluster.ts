import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runClusterTrial } from '../support/cluster-trial.js';
import { report } from '../support/report.js';

/** `npm run soak:cluster -- EXECUTIONS SECONDS SEED`: the cluster of docker-compose.yml, a process of which dies every 3 s. */
const [executions = 200, seconds = 120, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const logPath = join(tmpdir(), `cluster-trial-${seed}.log`);
const log = createWriteStream(logPath);
report(`${executions} executions, ${seconds} s of kills, seed ${seed}; what the processes say: ${logPath}`);
const { wrong, kills, calls, lostAttempts, reconnections, tookMs } = await runClusterTrial({
  ...{ executions, seed, killForMs: seconds * 1000 },
  say: (name, line) => log.write(`${new Date().toISOString()} ${name} | ${line}\n`),
});
const killed = Object.entries(kills).map(([service, times]) => `${service} ${times}`);
report(
  `killed: ${killed.join(', ')}; ${calls} calls, ${lostAttempts} attempts lost, viewers came again ${reconnections} times`,
);
report(
  `${executions - new Set(wrong.map((one) => one.split(':')[0])).size} of ${executions} right after ${Math.round(tookMs / 1000)} s`,
);
for (const one of wrong) report(one);
log.end();
process.exitCode = wrong.length === 0 ? 0 : 1;
