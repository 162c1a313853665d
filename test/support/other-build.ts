import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLE = 'dist/workflow-bundle.js';
const SDK = '(0,_temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__.';
const BEGIN = '        await life.begin(start);\n';
const FIRST = `${SDK}sleep)(1)`;

/** How the workflows of another version differ: each token waits for a millisecond before it begins. */
const CHANGES = {
  /** As a release does it that takes over what runs: what began before is repeated as it was. */
  guarded: `if (${SDK}patched)('waits-first')) await ${FIRST};`,
  /** As none should: what began before would have begun otherwise. */
  unguarded: `await ${FIRST};`,
} as const;

/** What was built here as another version of it: a program in a folder of its own, whose workflows do something else. */
export interface OtherBuild {
  readonly program: string;
  remove(): Promise<void>;
}

export async function otherBuild(change: keyof typeof CHANGES): Promise<OtherBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-build-'));
  for (const name of ['bin', 'dist', 'package.json'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const code = await readFile(join(folder, BUNDLE), 'utf8');
  if (code.split(BEGIN).length !== 2)
    throw new Error('the bundle has another beginning of a token than this one changes');
  await writeFile(join(folder, BUNDLE), code.replace(BEGIN, `        ${CHANGES[change]}\n${BEGIN}`));
  return {
    program: join(folder, 'bin/circuit-breaker.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
