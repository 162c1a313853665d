import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { bundledWorkflows } from '../support/bundled-workflows.js';

/** The modules that the worker makes once for all runs, as a bundle has them. */
function preloadedBy(code: string): readonly string[] {
  const [, body = ''] = /preloadModules = function preloadModules\(\) \{(.*?)\n\}/s.exec(code) ?? [];
  return [...body.matchAll(/"\.\/src\/workflows\/([\w-]+)\.ts"\)/g)].map(([, name = '']) => name).toSorted();
}

it('a bundle that is made at a start, and the one of the build, have the same modules made once for all runs', async () => {
  const [{ code }, built] = [await bundledWorkflows(), readFileSync('dist/workflow-bundle.js', 'utf8')];
  const wanted = ['failure-converter', 'failure-in-log', 'index', 'payload-converter', 'trace-in-headers', 'turns'];
  expect(preloadedBy(code)).toEqual(wanted);
  expect(preloadedBy(built)).toEqual(wanted);
});
