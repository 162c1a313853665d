import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

import { AGENT_EXECUTION, taskQueues, TOKEN_LIFECYCLE, type AgentExecution } from '../contract/messages.js';
import { wholeResult } from '../contract/carried-result.js';
import type { ExecutionRequest, ExecutionResult } from '../core/executions/execution.js';
import type { Token } from '../core/tokens/token.js';
import { requestIn } from './start-workflows.js';
import { OwnWorkflows, type WorkflowKind } from './own-workflows.js';
import { readable } from './readable-answer.js';
import { runsOf } from './running-workflows.js';
import { withinDeadline } from './temporal-gateway.js';

/** A token as its Temporal workflow has it. */
export interface KeptToken {
  readonly token: Token;
  readonly runId: string;
  readonly request: string | undefined;
}

/** An execution as its Temporal workflow has it. */
export interface KeptExecution {
  readonly request: ExecutionRequest;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Absent: it runs. */
  readonly result?: ExecutionResult;
}

/**
 * What Temporal itself has of tokens and executions, whatever storage says of them. A worker has to run. Looks throw UNAVAILABLE when nobody
 * answers within seconds.
 */
export class KeptByTemporal {
  readonly #client: Client;
  readonly #own: OwnWorkflows;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueuePrefix: string) {
    this.#client = client;
    this.#taskQueue = taskQueues(taskQueuePrefix).main;
    this.#own = new OwnWorkflows(client, this.#taskQueue);
  }

  /** The ids of tokens that live, and of those that ended since a time (RFC 3339). */
  tokenIds(endedSince: string): AsyncIterable<string> {
    return this.#list(TOKEN_LIFECYCLE, endedSince);
  }

  /** The same of executions. */
  executionIds(endedSince: string): AsyncIterable<string> {
    return this.#list(AGENT_EXECUTION, endedSince);
  }

  async *#list(type: WorkflowKind, endedSince: string): AsyncGenerator<string> {
    const query = [
      `TaskQueue = '${this.#taskQueue}'`,
      `WorkflowType = '${type}'`,
      `(ExecutionStatus = 'Running' OR CloseTime >= '${endedSince}')`,
    ].join(' AND ');
    for await (const { workflowId } of runsOf(this.#client, query)) yield workflowId;
  }

  /** Undefined where Temporal does not know it, or somebody ended it from outside. */
  tokenOf(id: string): Promise<KeptToken | undefined> {
    return withinDeadline(this.#client, () => this.#tokenOf(id));
  }

  async #tokenOf(id: string): Promise<KeptToken | undefined> {
    const workflow = await this.#own.describe(TOKEN_LIFECYCLE, id);
    const status = workflow?.description.status.name;
    if (workflow === undefined || (status !== 'RUNNING' && status !== 'COMPLETED')) return undefined;
    const { runId } = workflow;
    const token = readable(await this.#client.workflow.getHandle(id, runId).query<Token>('token'));
    return { token, runId, request: requestIn(workflow) };
  }

  /** Undefined where Temporal does not know it, or it ended without a result. */
  executionOf(id: string): Promise<KeptExecution | undefined> {
    return withinDeadline(this.#client, () => this.#executionOf(id));
  }

  async #executionOf(id: string): Promise<KeptExecution | undefined> {
    const workflow = await this.#own.describe(AGENT_EXECUTION, id);
    const { status, startTime } = workflow?.description ?? {};
    if (workflow === undefined || (status?.name !== 'RUNNING' && status?.name !== 'COMPLETED')) return undefined;
    const request = await this.#startOf(id, workflow.firstRunId);
    if (request === undefined) return undefined;
    const kept = { request, startedAt: (startTime ?? new Date()).toISOString() };
    if (status.name === 'RUNNING') return kept;
    const result = await this.#client.workflow.result<AgentExecution>(id, workflow.runId);
    return { ...kept, result: wholeResult(readable(result)) };
  }

  /** What the first event of its history was started with. */
  async #startOf(workflowId: string, runId: string): Promise<ExecutionRequest | undefined> {
    const { namespace, loadedDataConverter } = this.#client.options;
    const { history } = await this.#client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
    const [request] = await decodeArrayFromPayloads(loadedDataConverter, payloads);
    return request === undefined ? undefined : readable(request as ExecutionRequest);
  }
}
