import type { Message } from './conversation.js';
import type { ExecutionErrorCode } from '../codes.js';
import type { TokenUsage } from '../streams/stream-event.js';
import { totalCost } from './cost.js';
import type { StopReason, ToolCall } from './turn.js';

/** What an execution does after a turn. */
export type NextStep =
  | { readonly type: 'finish' }
  /** Runs the tools that the model asked for, and tells it in the next turn what came of them. */
  | { readonly type: 'call-tools'; readonly calls: readonly ToolCall[] }
  /** Tells the model what is wrong with its answer, and asks once more. */
  | { readonly type: 'repair'; readonly request: string }
  | { readonly type: 'fail'; readonly code: ExecutionErrorCode; readonly message: string };

export interface FinishedTurn {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly stopReason: StopReason;
  /** Why the answer does not fit what was asked for. */
  readonly outputProblem?: string;
  /** No other answer would fit better. */
  readonly isBeyondRepair?: true;
}

/** Where an execution stands after its turn. */
export interface TurnPlace {
  readonly turn: number;
  readonly maxTurns: number;
  readonly hasRepaired: boolean;
  /** How many tools were called in the turns before. */
  readonly toolCallsBefore: number;
  /** How many may be called in all; absent: the agent has no tools. */
  readonly maxToolCalls?: number;
}

/** Decides what follows a finished turn. Pure. */
export function decideTurn(answer: FinishedTurn, place: TurnPlace): NextStep {
  if (answer.toolCalls.length > 0) return decideCalls(answer.toolCalls, place);
  const { turn, maxTurns, hasRepaired } = place;
  const problem = answer.outputProblem;
  if (problem === undefined) return { type: 'finish' };
  if (answer.isBeyondRepair === true) return { type: 'fail', code: 'output_invalid', message: problem };
  if (answer.stopReason === 'length') {
    const message = `The answer was cut off at its limit of tokens, so it cannot be read: raise llmConfig.maxTokens. ${problem}`;
    return { type: 'fail', code: 'output_invalid', message };
  }
  // One chance: a model that fails twice mostly goes on failing, and each turn is paid for.
  if (hasRepaired || turn >= maxTurns) return { type: 'fail', code: 'output_invalid', message: problem };
  return { type: 'repair', request: repairRequest(problem) };
}

function decideCalls(calls: readonly ToolCall[], place: TurnPlace): NextStep {
  const { turn, maxTurns, toolCallsBefore, maxToolCalls } = place;
  if (maxToolCalls === undefined) {
    const message = 'The model asked for a tool, and this agent has none.';
    return { type: 'fail', code: 'tool_failed', message };
  }
  const advice = 'or have the prompt say when it knows enough';
  if (toolCallsBefore + calls.length > maxToolCalls) {
    const message = `The model asked for more than ${maxToolCalls} tool calls: raise the agent's maxToolCalls, ${advice}.`;
    return { type: 'fail', code: 'turn_limit', message };
  }
  if (turn < maxTurns) return { type: 'call-tools', calls };
  const message = `The model still asked for tools in its last turn, ${maxTurns}: raise the agent's maxTurns, ${advice}.`;
  return { type: 'fail', code: 'turn_limit', message };
}

function repairRequest(problem: string): string {
  return `Your answer cannot be used. ${problem} Answer again, whole and corrected, with the JSON alone.`;
}

/** What a turn that is repaired leaves in the conversation: the answer, and what is asked of the next one. */
export function repairMessages(
  answer: Pick<FinishedTurn, 'text'>,
  request: string,
  mark: Required<Pick<Message, 'timestamp' | 'executionId' | 'turn'>>,
): readonly Message[] {
  return [
    { role: 'assistant', content: answer.text, ...mark },
    { role: 'user', content: request, ...mark },
  ];
}

/** The usage of all turns of an execution together. What it cost is known where it is known of each. */
export function totalUsage(turns: readonly TokenUsage[]): TokenUsage {
  const sum = (count: (usage: TokenUsage) => number | undefined) => {
    const counted = turns.flatMap((usage) => count(usage) ?? []);
    return counted.length === 0 ? undefined : counted.reduce((left, right) => left + right, 0);
  };
  const cached = sum(({ cachedInputTokens }) => cachedInputTokens);
  const written = sum(({ cacheWriteInputTokens }) => cacheWriteInputTokens);
  const reasoning = sum(({ reasoningTokens }) => reasoningTokens);
  const cost = totalCost(turns.map(({ costUsd }) => costUsd));
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens) ?? 0,
    outputTokens: sum(({ outputTokens }) => outputTokens) ?? 0,
    totalTokens: sum(({ totalTokens }) => totalTokens) ?? 0,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(written === undefined ? {} : { cacheWriteInputTokens: written }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    ...(cost === undefined || turns.length === 0 ? {} : { costUsd: cost }),
  };
}
