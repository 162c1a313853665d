import { report } from '../support/report.js';
import { runWorkerTrials, TRIALS, type TrialName } from '../support/worker-trials/worker-trials.js';

/**
 * `npm run soak:workers -- ROUNDS TRIAL SEED`: workers that are killed, frozen, cut off and forgotten, as processes of their own on each
 * backend of streams, so many rounds of each trial.
 */
const [rounds = 10, , seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const chosen = process.argv[3];
const names = TRIALS.filter((name): name is TrialName => chosen === undefined || chosen === 'all' || name === chosen);
if (names.length === 0) throw new Error(`The trials are: ${TRIALS.join(', ')}.`);
report(`${names.join(', ')}: ${rounds} rounds of each, seed ${seed}`);
let wrong = 0;
for (const name of names) {
  for await (const { line, wrong: faults } of runWorkerTrials(name, { rounds, seed })) {
    report(line);
    for (const fault of faults) report(`  ${fault}`);
    wrong += faults.length;
  }
}
report(wrong === 0 ? 'All is as promised.' : `${wrong} are not as promised.`);
process.exitCode = wrong === 0 ? 0 : 1;
