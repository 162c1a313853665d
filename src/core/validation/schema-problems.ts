import type { z } from 'zod';

import type { ProblemCode } from '../codes.js';
import { firstProblems } from '../json/first-problems.js';
import { shorten } from '../json/preview.js';
import type { Problem } from '../json/problem.js';
import { jsonPointer } from '../json/json-pointer.js';

interface Target {
  /** Pointer of what was parsed. */
  readonly base?: string;
  readonly code?: ProblemCode;
}

/** What a schema found, as problems of the input that it is part of. */
export function problemsOf(error: z.ZodError, target: Target = {}): readonly Problem[] {
  return firstProblems(eachProblem(error, target));
}

function* eachProblem({ issues }: z.ZodError, { base = '', code }: Target): Iterable<Problem> {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') {
      yield { code: code ?? codeOf(issue), pointer: jsonPointer(issue.path, base), message: issue.message };
      continue;
    }
    for (const key of issue.keys) {
      const pointer = jsonPointer([...issue.path, key], base);
      yield { code: code ?? 'UNKNOWN_FIELD', pointer, message: `there is no field "${shorten(key)}" here` };
    }
  }
}

/** A number that is too small or too large is out of range, wherever it stands; a text or a list is of the wrong size. */
function codeOf(issue: z.core.$ZodIssue): ProblemCode {
  const isOfSize = issue.code === 'too_small' || issue.code === 'too_big';
  return isOfSize && (issue.origin === 'number' || issue.origin === 'int') ? 'OUT_OF_RANGE' : 'INVALID_VALUE';
}
