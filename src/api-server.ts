import { runCommandLine } from './cli/run-command-line.js';

/** An API process: `npm run api`. */
await runCommandLine(['api', ...process.argv.slice(2)]);
