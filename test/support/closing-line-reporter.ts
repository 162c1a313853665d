import { writeSync } from 'node:fs';

import type { Reporter, TestModule, TestSuite } from 'vitest/node';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Ends standard output with `N passed, N failed` (and `, N skipped` where there are any), counted over test cases.
 * A file that does not load, a hook that throws outside its tests and an unhandled error are one failure each, as is
 * a run that fails for another reason: a line without a failure means exit code 0.
 */
export default class ClosingLineReporter implements Reporter {
  #count: Count = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    // At exit, not when the run ends: the summary, coverage and teardown complaints are written after that.
    process.once('exit', (exitCode) => {
      if (exitCode !== 0 && this.#count.failed === 0) this.#count.failed = 1;
      writeSync(process.stdout.fd, `${closingLine(this.#count)}\n`);
    });
  }

  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count: Count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of testModules) addModule(count, testModule);
    this.#count = count;
  }
}

function addModule(count: Count, testModule: TestModule): void {
  const groups: (TestModule | TestSuite)[] = [testModule, ...testModule.children.allSuites()];
  count.failed += groups.filter((group) => group.errors().length > 0).length;
  for (const test of testModule.children.allTests()) {
    const { state } = test.result();
    // One still pending never came to its end: its process died.
    if (state === 'pending') count.failed += 1;
    else count[state] += 1;
  }
}

function closingLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
