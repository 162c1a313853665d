import { writeSync } from 'node:fs';
import { relative } from 'node:path';

import type { SerializedError } from 'vitest';
import type { Reporter, TestModule, TestRunEndReason, TestSpecification } from 'vitest/node';

import { runResult, type Count, type FileResult } from './file-results.js';

/**
 * Ends standard output with `N passed, N failed` (and `, N skipped` where there are any). A run that fails for another
 * reason than its tests is one failure: a line without a failure means exit code 0. A file that runs once more counts
 * as it went then; one that passed only then is named before that line, with what it had failed of.
 */
export class ClosingLineReporter implements Reporter {
  #specifications: readonly TestSpecification[] = [];
  readonly #files = new Map<string, FileResult>();
  readonly #passedOnlyAgain: FileResult[] = [];
  #strayErrors = 0;
  #isInterrupted = false;

  onInit(): void {
    // At exit, not when the run ends: the summary, coverage and teardown complaints are written after that.
    process.once('exit', (exitCode) => {
      const count = this.#count;
      if (exitCode !== 0 && count.failed === 0) count.failed = 1;
      writeSync(process.stdout.fd, [...this.#notice(), closingLine(count), ''].join('\n'));
    });
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#specifications = specifications;
  }

  onTestRunEnd(_: readonly TestModule[], errors: readonly SerializedError[], reason: TestRunEndReason): void {
    const { files, strayErrors } = runResult(this.#specifications, errors);
    for (const file of files) {
      const before = this.#files.get(file.specification.taskId);
      if (before !== undefined && file.count.failed === 0) this.#passedOnlyAgain.push(before);
      this.#files.set(file.specification.taskId, file);
    }
    this.#strayErrors += strayErrors.length;
    this.#isInterrupted = reason === 'interrupted';
  }

  /** Files that failed, unless somebody ended the run. */
  get failed(): readonly TestSpecification[] {
    if (this.#isInterrupted) return [];
    return [...this.#files.values()].filter(({ count }) => count.failed > 0).map(({ specification }) => specification);
  }

  get hasFailure(): boolean {
    return this.#count.failed > 0;
  }

  get #count(): { -readonly [State in keyof Count]: Count[State] } {
    const counts = [...this.#files.values()].map(({ count }) => count);
    const sum = (state: keyof Count) => counts.reduce((total, count) => total + count[state], 0);
    return { passed: sum('passed'), failed: sum('failed') + this.#strayErrors, skipped: sum('skipped') };
  }

  #notice(): readonly string[] {
    if (this.#passedOnlyAgain.length === 0) return [];
    const files = this.#passedOnlyAgain.flatMap(({ specification, failures }) => [
      `  ${relative('', specification.moduleId)}`,
      ...failures.map((failure) => `    ${failure}`),
    ]);
    return ['Passed only when they ran once more, and are to be mended:', ...files, ''];
  }
}

function closingLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
