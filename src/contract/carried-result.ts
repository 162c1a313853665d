import { outputOf } from '../core/executions/answer-output.js';
import type { ExecutionResult } from '../core/executions/execution.js';
import { utf8Length } from '../core/json/utf8-length.js';
import { finalFailure } from './failures.js';
import { isUnreadable } from './unreadable-payload.js';

/** Temporal takes 2 MiB as one payload. Below, a result has its output by itself as well: plain clients read that. */
const MAX_RESULT_BYTES = 1792 * 1024;

/** A result as a Temporal workflow can end with it: a large answer is not told twice. */
export function carriedResult(result: ExecutionResult): ExecutionResult {
  if (result.outputAt === undefined) return result;
  const inlined = wholeResult(result);
  return utf8Length(JSON.stringify(inlined)) <= MAX_RESULT_BYTES ? inlined : result;
}

/**
 * The result with its output, wherever that came. Throws the failure PAYLOAD_UNREADABLE for one that could not be decrypted.
 *
 * @example
 * ```ts
 * import { Client } from '@temporalio/client';
 * import { wholeResult, type AgentExecution } from 'circuit-breaker';
 *
 * const handle = new Client().workflow.getHandle<AgentExecution>('doc-42:ai_review:1');
 * console.log(wholeResult(await handle.result()).output);
 * ```
 */
export function wholeResult(result: ExecutionResult): ExecutionResult {
  if (isUnreadable(result)) throw finalFailure({ code: 'PAYLOAD_UNREADABLE', message: result.unreadablePayload });
  const { outputAt: _used, ...rest } = result;
  return { ...rest, ...present(outputOf({ ...result, text: result.response })) };
}

function present(output: ExecutionResult['output']): Pick<ExecutionResult, 'output'> {
  return output === undefined ? {} : { output };
}
