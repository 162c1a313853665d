import type { z } from 'zod';

import type { ProblemCode } from '../codes.js';
import type { Problem } from '../json/problem.js';
import { jsonPointer } from '../json/json-pointer.js';

interface Target {
  /** Pointer of what was parsed. */
  readonly base?: string;
  readonly code?: ProblemCode;
}

/** What a schema found, as problems of the input that it is part of. */
export function problemsOf(error: z.ZodError, { base = '', code }: Target = {}): readonly Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ code: code ?? 'INVALID_VALUE', pointer: jsonPointer(issue.path, base), message: issue.message }];
    }
    return issue.keys.map((key) => ({
      code: code ?? 'UNKNOWN_FIELD',
      pointer: jsonPointer([...issue.path, key], base),
      message: `there is no field "${key}" here`,
    }));
  });
}
