import { execFileSync } from 'node:child_process';

import type { TestProject } from 'vitest/node';

/**
 * Whole processes run what was built, and so do workers of tests their workflows. A start would build as well, and several
 * that start at once would each do so.
 */
export function buildFirst(): void {
  execFileSync(process.execPath, ['scripts/build.mjs', '--to-run'], { stdio: 'inherit' });
}

export function setup(project: TestProject): void {
  buildFirst();
  project.onTestsRerun(buildFirst);
}
