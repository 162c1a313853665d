import { fileURLToPath } from 'node:url';

import { Context } from '@temporalio/activity';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type {
  ApprovalRecord,
  ExecutionEnd,
  PreparedAgent,
  ToolRun,
  TurnAnswer,
} from '../../src/contract/activities.js';
import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { LONGEST_APPROVAL_SECONDS } from '../../src/core/agents/approval-required.js';
import type { ExecutionRequest } from '../../src/core/executions/execution.js';
import { retryLimits } from '../../src/core/executions/turn-retry.js';
import { executeAgent } from '../../src/operations/execute-agent.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { createTemporalGateway } from '../../src/temporal/temporal-gateway.js';
import { anAgent, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { schemasInThisThread } from '../support/schemas.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { quietRuntime } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const prepared: PreparedAgent = {
  agentId: 'slow',
  agentVersion: 1,
  provider: 'mock',
  model: 'mock',
  conversationId: 'talk',
  messageCount: 1,
  maxTurns: 1,
  timeoutSeconds: 60,
  deadlineSeconds: 1,
  retry: retryLimits(undefined),
};

/** Asks for a tool that a person has to approve, who has more time than the work has. */
const patient = {
  ...{ tools: ['pay'], maxToolCalls: 1, maxTurns: 2, approvalRequired: ['pay'] },
  ...{ agentId: 'patient', approvalTimeoutSeconds: 4.5, deadlineSeconds: 4, keepsDeadline: true },
} as const;
const asking: TurnAnswer = {
  ...{ turn: 1, attempt: 1, text: '', stopReason: 'tool_calls', model: 'mock', warnings: [] },
  toolCalls: [{ id: 'c0', name: 'pay', arguments: {} }],
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
};

const answering: TurnAnswer = { ...asking, turn: 2, text: 'Then not.', stopReason: 'stop', toolCalls: [] };

/** A worker whose model never answers, but where it is patient, and that notes what is recorded. */
describe('the deadline of an execution', () => {
  const recorded: ExecutionEnd[] = [];
  const decided: (string | undefined)[] = [];
  let temporal: TestTemporalServer;
  let client: Client;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    quietRuntime();
    temporal = await startTemporalServer({});
    const native = await NativeConnection.connect({ address: temporal.address });
    const connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection });
    const activities = {
      prepareAgent: ({ agentId }: ExecutionRequest) =>
        Promise.resolve({
          ...prepared,
          ...(agentId === 'patient' ? patient : agentId === 'own' ? { keepsDeadline: true } : {}),
        }),
      recordApproval: ({ approval }: ApprovalRecord) => Promise.resolve(void decided.push(approval.decision?.decision)),
      invokeModel: ({ turn, prepared: { agentId } }: { turn: number; prepared: { agentId: string } }) => {
        if (agentId === 'patient') return Promise.resolve(turn === 1 ? asking : answering);
        const context = Context.current();
        const beat = setInterval(() => {
          context.heartbeat();
        }, 200);
        return context.cancelled.finally(() => {
          clearInterval(beat);
        });
      },
      continueWithResults: () => Promise.resolve(3),
      recordExecution: (ended: ExecutionEnd) => Promise.resolve(void recorded.push(ended)),
    };
    const worker = await Worker.create({
      connection: native,
      taskQueue: 'slow',
      workflowsPath: WORKFLOWS,
      activities,
      maxHeartbeatThrottleInterval: '1s',
    });
    const runTool = ({ approval }: ToolRun) => Promise.resolve(approval === 'always' ? { needsApproval: true } : {});
    const tools = await Worker.create({
      connection: native,
      taskQueue: 'slow-tools',
      activities: { runTool },
    });
    const running = Promise.all([worker.run(), tools.run()]);
    stop = async () => {
      worker.shutdown();
      tools.shutdown();
      await running;
      await Promise.all([connection.close(), native.close()]);
      await temporal.stop();
    };
  });
  afterAll(() => stop());

  async function start(executionId: string, more: object = {}, agentId = 'slow') {
    const args = [{ executionId, agentId, input: 'x' }];
    return await client.workflow.start(AGENT_EXECUTION, { taskQueue: 'slow', workflowId: executionId, args, ...more });
  }

  it('is kept by the execution itself where whoever started it set none, and it says so', async () => {
    const handle = await start('without');
    const error: unknown = await handle.result().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'timeout' });
    expect(recorded).toMatchObject([{ executionId: 'without', status: 'TIMEOUT', errorCode: 'timeout' }]);
  });

  it('is kept by the execution itself, whatever time Temporal gives it', async () => {
    const handle = await start('own', { workflowExecutionTimeout: '30 days' }, 'own');
    await expect(handle.result()).rejects.toThrow();
    expect(recorded.at(-1)).toMatchObject({ executionId: 'own', status: 'TIMEOUT', errorCode: 'timeout' });
  });

  it('does not come nearer while a person is asked', async () => {
    const handle = await start('patient', {}, 'patient');
    await handle.result();
    expect(decided).toEqual([undefined, 'expired']);
    expect(recorded.at(-1)).toMatchObject({ executionId: 'patient', status: 'COMPLETED', turn: 2 });
  });

  it('is left to Temporal where an earlier version began it so, and a cancellation stays one', async () => {
    const handle = await start('with', { workflowExecutionTimeout: '1 hour' });
    await expect(Promise.race([handle.result(), hasTimer(handle)])).resolves.toBe(false);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(recorded.at(-1)).toMatchObject({ executionId: 'with', status: 'CANCELLED' });
  });

  it('is set in Temporal by executeAgent, from what one attempt may take, with room for people', async () => {
    const { storage } = await openStorage('memory:', { logger: new MemoryLogger() });
    await storage.agents.create('slow', anAgent(), NOW);
    const gateway = createTemporalGateway({
      client,
      taskQueuePrefix: 'nobody',
      executionTimeoutSeconds: 30,
      claimHome: (home) => Promise.resolve(home),
    });
    const parts = {
      storage,
      temporal: gateway,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      now: () => NOW,
    };
    await executeAgent({ ...parts, traces: untraced }, { id: 'asked', agentId: 'slow', input: 'x' });
    const { raw } = await client.workflow.getHandle('asked').describe();
    const seconds = raw.executionConfig?.workflowExecutionTimeout?.seconds?.toNumber() ?? 0;
    expect(seconds).toBeGreaterThan(10 * 30 + LONGEST_APPROVAL_SECONDS);
    expect(seconds).toBeLessThan(24 * 3600 + LONGEST_APPROVAL_SECONDS);
  });

  /** Whether its history has a timer, once its model is called. */
  async function hasTimer(handle: Awaited<ReturnType<typeof start>>): Promise<boolean> {
    for (;;) {
      const events = (await handle.fetchHistory()).events ?? [];
      if (events.some(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes != null))
        return events.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes != null);
    }
  }
});
