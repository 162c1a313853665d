import type { ExecutionErrorCode } from './model-error.js';

/** What an execution does after a turn. */
export type NextStep =
  { readonly type: 'finish' } | { readonly type: 'fail'; readonly code: ExecutionErrorCode; readonly message: string };

interface FinishedTurn {
  readonly toolCalls: readonly unknown[];
  readonly outputProblem?: string;
}

/** Decides what follows a finished turn. Pure. */
export function decideTurn(turn: FinishedTurn): NextStep {
  if (turn.toolCalls.length > 0) {
    const message = 'the model asked for a tool, and this agent has none';
    return { type: 'fail', code: 'tool_failed', message };
  }
  if (turn.outputProblem !== undefined) return { type: 'fail', code: 'output_invalid', message: turn.outputProblem };
  return { type: 'finish' };
}
