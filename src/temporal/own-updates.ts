import { setTimeout as delay } from 'node:timers/promises';

import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { isInterruption } from '../contract/failures.js';
import { TOKEN_LIFECYCLE } from '../contract/messages.js';
import { notFound } from '../core/errors.js';
import { FAILED_PRECONDITION, grpcCode, RESOURCE_EXHAUSTED } from './api-error-from-temporal.js';
import type { OwnWorkflows, WorkflowKind } from './own-workflows.js';
import { readable } from './readable-answer.js';
import { UpdateQueue } from './update-queue.js';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** Repeats an update that nobody has looked at, until it is taken or refused, or the time for an answer is over. */
async function untilTaken<Answer>(update: () => Promise<Answer>): Promise<Answer> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await update();
    } catch (error) {
      if (!isUntouched(error)) throw error;
    }
    // Those of other processes wait, too: not all of them as long.
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

/**
 * It met its workflow at the moment when that went on as a new run, or one update too many was under way, its workflow task was
 * lost and the next one knew nothing of it, or a query had interrupted the workflow.
 */
function isUntouched(error: unknown): boolean {
  const code = grpcCode(error);
  if (code === FAILED_PRECONDITION || code === RESOURCE_EXHAUSTED) return true;
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  const { cause } = error;
  return isInterruption(cause) || (cause instanceof ApplicationFailure && cause.type === 'UnprocessedUpdate');
}

/** Sends updates to Temporal workflows of one kind: to ours only, and no more at a time than Temporal takes. */
export class OwnUpdates {
  readonly #client: Client;
  readonly #own: OwnWorkflows;
  readonly #kind: WorkflowKind;
  readonly #queue = new UpdateQueue();

  constructor(client: Client, own: OwnWorkflows, kind: WorkflowKind) {
    this.#client = client;
    this.#own = own;
    this.#kind = kind;
  }

  /** An update of its own each time: Temporal would answer a repeated one as it did, also where that was a refusal. */
  async send<Answer>(workflowId: string, { name, args }: { name: string; args: [object] }): Promise<Answer> {
    const updateId = crypto.randomUUID();
    return await this.#queue.run(workflowId, () =>
      this.#ofOurs(workflowId, (handle) =>
        untilTaken(async () => readable(await handle.executeUpdate<Answer, [object]>(name, { args, updateId }))),
      ),
    );
  }

  /** Does something with a life that is ours, and once more where another one of ours has its id meanwhile. */
  async #ofOurs<Result>(workflowId: string, work: (handle: WorkflowHandle) => Promise<Result>): Promise<Result> {
    const firstRunId = await this.#own.firstRunOf(this.#kind, workflowId);
    if (firstRunId === undefined) throw notFound(this.#kind === TOKEN_LIFECYCLE ? 'token' : 'execution', workflowId);
    try {
      return await work(this.#client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: firstRunId }));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      this.#own.forget(this.#kind, workflowId);
      const now = await this.#own.firstRunOf(this.#kind, workflowId);
      if (now === undefined || now === firstRunId) throw error;
      return await work(this.#client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: now }));
    }
  }
}
