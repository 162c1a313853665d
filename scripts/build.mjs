/** Builds dist afresh: what the compiler makes of src, and beside it whatever else in src the program reads at run time. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

rmSync(inProject('dist'), { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [inProject('node_modules/typescript/bin/tsc'), '--project', inProject('tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);

// The GraphQL schema, the migrations with their journal: all that is not TypeScript.
cpSync(inProject('src'), inProject('dist'), { recursive: true, filter: (path) => !path.endsWith('.ts') });
