import type { ExecutionResult } from 'graphql';

import { asGraphqlError } from '../../error-response.js';
import { jsonLength } from '../../../core/json/json-length.js';
import { tooCostly } from './request-work.js';

/** In characters. A page of what is stored takes a few hundred thousand. */
const MAX_ANSWER = 16 * 1024 * 1024;

/** An answer that is not too long to be written down; counted first, since one value may stand in it a thousand times. */
export function withinAnswerSize(result: ExecutionResult): ExecutionResult {
  if (jsonLength(result.data, MAX_ANSWER) <= MAX_ANSWER) return result;
  return { data: null, errors: [asGraphqlError(tooCostly(`the answer has more than ${MAX_ANSWER} characters`))] };
}
