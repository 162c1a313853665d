/**
 * Runs the tests as `vitest run` does, with its arguments. Files of integration and e2e tests that fail run once more,
 * whole and in new processes: they have real servers and clocks, which a machine with much else to do can delay beyond
 * what a test waits. Unit tests have no such excuse.
 */
import { createVitest, parseCLI, type TestSpecification } from 'vitest/node';

import { ClosingLineReporter } from './closing-line-reporter.js';

const MAY_RUN_AGAIN = ['integration', 'e2e'];

/** With what the parser gives for `--reporter`, and its type lacks. */
type Options = ReturnType<typeof parseCLI>['options'] & { readonly reporter?: readonly string[] };

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const { reporter: others = ['default'], ...rest }: Options = options;
const reporter = new ClosingLineReporter();
const vitest = await createVitest('test', { ...rest, reporters: [...others, reporter], watch: false });
try {
  await vitest.start(filter);
  const again = reporter.failed.filter(({ project }) => MAY_RUN_AGAIN.includes(project.name));
  if (again.length > 0) await runAgain(again);
} catch (error) {
  process.exitCode = 1;
  console.error(error);
} finally {
  await vitest.exit();
}

async function runAgain(specifications: TestSpecification[]): Promise<void> {
  const count = specifications.length;
  console.log(`\n${count === 1 ? '1 file' : `${count} files`} failed, and may pass when run once more:\n`);
  await vitest.runTestSpecifications(specifications);
  process.exitCode = reporter.hasFailure ? 1 : 0;
}
