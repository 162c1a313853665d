import { runCommandLine } from './cli/run-command-line.js';

/** Everything in one process: `npm start`. */
await runCommandLine(['start', ...process.argv.slice(2)]);
