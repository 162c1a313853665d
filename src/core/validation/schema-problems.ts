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
      yield { code: code ?? 'INVALID_VALUE', pointer: jsonPointer(issue.path, base), message: issue.message };
      continue;
    }
    for (const key of issue.keys) {
      const pointer = jsonPointer([...issue.path, key], base);
      yield { code: code ?? 'UNKNOWN_FIELD', pointer, message: `there is no field "${shorten(key)}" here` };
    }
  }
}
