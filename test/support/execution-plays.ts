import { ApplicationFailure } from '@temporalio/common';

import { cancelled, sent, update, type Arrival, type PlayOf } from './plays.js';
import { FINISH } from './scripted-model.js';

/** Executions to be played: two turns with two calls each, which a person is asked about, then an answer. */

const PREPARED = {
  ...{ agentId: 'asker', agentVersion: 1, provider: 'mock', model: 'm', conversationId: 'c', messageCount: 1 },
  ...{ maxTurns: 4, maxToolCalls: 10, tools: ['lookup'], timeoutSeconds: 30, approvalRequired: ['lookup'] },
  ...{ approvalTimeoutSeconds: 60, deadlineSeconds: 100, keepsDeadline: true, retry: { maximumAttempts: 1 } },
};

function execution(arrival: Arrival, { isAway = false } = {}): PlayOf {
  return (random) => {
    let turn = 0;
    const perform = (type: string, isLocal: boolean): unknown => {
      if (isAway && isLocal && random() < 0.3) throw ApplicationFailure.retryable('Storage is away.', 'UNAVAILABLE');
      switch (type) {
        case 'prepareAgent':
          return PREPARED;
        case 'invokeModel':
          turn += 1;
          return answerOf(turn);
        case 'runTool':
          return random() < 0.6 ? { needsApproval: true } : {};
        case 'checkArguments':
          return random() < 0.2 ? { problem: 'no' } : {};
        default:
          return 3;
      }
    };
    const start = { executionId: 'executed', agentId: 'asker', input: 'x' };
    const arrivals = sent(random, { tasks: 24, most: 2, arrival });
    return { workflowType: 'agentExecution', workflowId: 'executed', start, arrivals, perform, random };
  };
}

function answerOf(turn: number) {
  const answer = { text: 'x', model: 'm', usage: FINISH.usage, stopReason: 'stop', warnings: [] };
  if (turn > 2) return { ...answer, toolCalls: [] };
  const toolCalls = [`a${turn}`, `b${turn}`].map((id) => ({ id, name: 'lookup', arguments: {} }));
  return { ...answer, toolCalls, stopReason: 'tool_calls' };
}

const answered: Arrival = (id, random) => {
  const toolCallId = `${random() < 0.5 ? 'a' : 'b'}${random() < 0.5 ? 1 : 2}`;
  if (random() < 0.3) return update('rejectToolCall', id, { toolCallId, ...(random() < 0.2 ? { stop: true } : {}) });
  return update('approveToolCall', id, { toolCallId, ...(random() < 0.3 ? { arguments: { id } } : {}) });
};
const cancelledMeanwhile: Arrival = (id, random) => (random() < 0.03 ? cancelled : answered(id, random));

export const EXECUTION_PLAYS: readonly (readonly [string, PlayOf])[] = [
  ['of an execution that people are asked about', execution(answered)],
  ['of an execution that is cancelled meanwhile', execution(cancelledMeanwhile)],
  ['of an execution whose storage takes some records at the second try only', execution(answered, { isAway: true })],
];
