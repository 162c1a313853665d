import { execFileSync } from 'node:child_process';

/** Whole processes run what was built. A start would build as well, and several that start at once would each do so. */
export function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs', '--to-run'], { stdio: 'inherit' });
}
