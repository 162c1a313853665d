import { runCommandLine } from './cli/run-command-line.js';

/** A Temporal worker process: `npm run worker`. */
await runCommandLine(['worker', ...process.argv.slice(2)]);
