import type { Client } from '@temporalio/client';

import { BATCH_COLLECTOR, type BatchGroup } from '../contract/batches.js';
import { AGENT_EXECUTION, taskQueues } from '../contract/messages.js';
import { summaryOf } from '../contract/summary.js';
import { grpcCode, NOT_FOUND } from './api-error-from-temporal.js';
import { OwnWorkflows } from './own-workflows.js';
import { withinDeadline } from './temporal-gateway.js';

/** What the activities of batches tell Temporal workflows. Both may be repeated, and throw UNAVAILABLE without an answer in seconds. */
export interface BatchSignals {
  readonly collect: (group: BatchGroup) => Promise<void>;
  readonly tellAnswered: (executionId: string, turn: number) => Promise<void>;
}

export function batchSignals(client: Client, taskQueuePrefix: string): BatchSignals {
  const taskQueue = taskQueues(taskQueuePrefix).main;
  const own = new OwnWorkflows(client, taskQueue);
  return {
    collect: (group) =>
      withinDeadline(client, async () => {
        await client.workflow.signalWithStart(BATCH_COLLECTOR, {
          taskQueue,
          workflowId: `${taskQueue}/batches/${group.groupId}`,
          args: [group],
          signal: 'batchJoined',
          signalArgs: [],
          staticSummary: summaryOf(`Batches for ${group.provider.type} ${group.provider.model}`),
        });
      }),
    tellAnswered: (executionId, turn) =>
      withinDeadline(client, async () => {
        if ((await own.firstRunOf(AGENT_EXECUTION, executionId)) === undefined) return;
        await client.workflow
          .getHandle(executionId)
          .signal('batchAnswered', { turn })
          .catch((error: unknown) => {
            if (grpcCode(error) !== NOT_FOUND) throw error;
          });
      }),
  };
}
