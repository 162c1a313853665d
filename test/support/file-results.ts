import type { SerializedError } from 'vitest';
import type { TestModule, TestSpecification, TestSuite } from 'vitest/node';

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What one run of a test file came to. */
export interface FileResult {
  readonly specification: TestSpecification;
  readonly count: Count;
  /** One line for each failure: which test or hook it was, and what it said first. */
  readonly failures: readonly string[];
}

/** What one run of several files came to. */
export interface RunResult {
  readonly files: readonly FileResult[];
  /** Errors that belong to none of the files. */
  readonly strayErrors: readonly SerializedError[];
}

/**
 * Counts over test cases. A hook that throws outside its tests is one failure, and so is each error that nobody caught,
 * a file that does not load, and a file whose process ended before it did: in that one, every test that was still to
 * come is another.
 */
export function runResult(
  specifications: readonly TestSpecification[],
  unhandledErrors: readonly SerializedError[],
): RunResult {
  const errors = [...unhandledErrors];
  const files = specifications.map((specification) => fileResult(specification, ownErrors(specification, errors)));
  return { files, strayErrors: errors };
}

/** Taken out of `errors`. The end of a process names no file, but each is the end of one that did not come to its own. */
function ownErrors(specification: TestSpecification, errors: SerializedError[]): readonly SerializedError[] {
  const isOwn = (error: SerializedError) => error['VITEST_TEST_PATH'] === specification.moduleId;
  const own = errors.filter(isOwn);
  if (hasNoEnd(specification.testModule)) {
    const processEnd = errors.find((error) => error['VITEST_TEST_PATH'] === undefined);
    if (processEnd !== undefined) own.push(processEnd);
  }
  for (const error of own) errors.splice(errors.indexOf(error), 1);
  return own;
}

function hasNoEnd(testModule: TestModule | undefined): boolean {
  return testModule === undefined || testModule.state() === 'pending' || testModule.state() === 'queued';
}

function fileResult(specification: TestSpecification, errors: readonly SerializedError[]): FileResult {
  const { testModule } = specification;
  const failures = errors.map(({ message, cause }) => `${message}${cause instanceof Error ? ` ${cause.message}` : ''}`);
  const count = { passed: 0, skipped: 0 };
  if (testModule === undefined && failures.length === 0) failures.push('did not run');
  for (const group of groupsOf(testModule)) {
    const [error] = group.errors();
    if (error !== undefined)
      failures.push(failure(group.type === 'suite' ? group.fullName : 'the file', error.message));
  }
  for (const test of testModule?.children.allTests() ?? []) {
    const { state, errors: [error] = [] } = test.result();
    if (state === 'pending') failures.push(failure(test.fullName, 'did not come to its end'));
    else if (state === 'failed') failures.push(failure(test.fullName, error?.message ?? 'failed'));
    else count[state] += 1;
  }
  return { specification, failures, count: { ...count, failed: failures.length } };
}

function groupsOf(testModule: TestModule | undefined): readonly (TestModule | TestSuite)[] {
  return testModule === undefined ? [] : [testModule, ...testModule.children.allSuites()];
}

function failure(name: string, message: string): string {
  return `${name}: ${message.split('\n', 1)[0] ?? ''}`;
}
