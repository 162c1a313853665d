import { createHash } from 'node:crypto';

import type { AgentExecution } from '../../core/executions/execution.js';
import type { FailedStatus, TerminalEventBody } from '../../core/streams/stream-event.js';

/** How the stream of an ended execution ends, as its stored record says. */
export function executionEnding(execution: AgentExecution): {
  readonly turn: number;
  readonly body: TerminalEventBody;
} {
  return { turn: execution.turn ?? execution.attempts.at(-1)?.turn ?? 1, body: endingBody(execution) };
}

function endingBody(execution: AgentExecution): TerminalEventBody {
  if (execution.status === 'COMPLETED') return completedBody(execution);
  return {
    eventType: 'failed',
    error: execution.errorMessage ?? 'The execution ended without an answer.',
    errorCode: execution.errorCode ?? 'terminated',
    status: failedStatus(execution),
  };
}

function completedBody(execution: AgentExecution): TerminalEventBody {
  const bytes = Buffer.from(execution.finalResponse ?? '', 'utf8');
  return {
    eventType: 'completed',
    final_response: execution.finalResponse ?? '',
    usage: execution.usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function failedStatus({ status }: AgentExecution): FailedStatus {
  switch (status) {
    case 'TIMEOUT':
      return 'timeout';
    case 'CANCELLED':
      return 'cancelled';
    case 'TERMINATED':
      return 'terminated';
    case 'PENDING':
    case 'RUNNING':
    case 'WAITING_FOR_APPROVAL':
    case 'COMPLETED':
    case 'FAILED':
      return 'failed';
  }
}
