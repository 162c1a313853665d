import type { ExecutionOutcome } from '../core/engine/decision.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import { lackingOutputs } from '../core/executions/mapping.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.js';
import { isFailure, type PlayedAnswer } from './agent-script.js';
import type { PlayedEnd } from './virtual-token.js';

/** How a run ends whose agent answers this: an answer that lacks what the mapping needs fails, as in production. */
export function endOf(request: ExecutionRequest, { seconds, answer }: PlayedAnswer, now: number): PlayedEnd {
  return { seconds, outcome: outcomeOf(request, answer, new Date(now + seconds * 1000).toISOString()) };
}

function outcomeOf(request: ExecutionRequest, answer: PlayedAnswer['answer'], timestamp: string): ExecutionOutcome {
  if (isFailure(answer)) return { status: 'failed', errorCode: answer.code, message: answer.message };
  const output = typeof answer === 'string' ? objectIn(answer) : answer;
  const lacking = lackingOutputs(request.overrides?.outputs ?? [], output);
  if (lacking.length > 0) {
    const message = `the answer has no ${lacking.map((name) => `"${name}"`).join(', ')}`;
    return { status: 'failed', errorCode: 'output_invalid', message };
  }
  const { executionId, agentId, agentVersion = 1, overrides } = request;
  return {
    status: 'succeeded',
    result: {
      ...{ executionId, agentId, agentVersion, model: overrides?.model ?? 'test' },
      response: typeof answer === 'string' ? answer : JSON.stringify(answer),
      ...(output === undefined ? {} : { output }),
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      timestamp,
    },
  };
}

/** Structured output that a text is, as a model without a schema would give it. */
function objectIn(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
