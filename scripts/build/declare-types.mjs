import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { startProgram } from '../child-process.mjs';
import { filesIn, inProject } from './project.mjs';

/** The declarations of what other programs may import. */
export async function declareTypes() {
  const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-types-'));
  try {
    await runCompiler(['--project', inProject('tsconfig.build.json'), '--outDir', folder]);
    return new Map(filesIn(folder).map((path) => [path, readFileSync(join(folder, path))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runCompiler(args) {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const compiler = startProgram(process.execPath, [join(typescript, 'bin/tsc'), ...args], { stdio: 'inherit' });
  const [code] = await once(compiler, 'exit');
  if (code !== 0) throw new Error('the compiler refused the types of what other programs may import');
}
