import { setTimeout as delay } from 'node:timers/promises';

import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { TOKEN_LIFECYCLE, type FireAccepted } from '../contract/messages.js';
import { notFound } from '../core/errors.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import { FAILED_PRECONDITION, grpcCode, RESOURCE_EXHAUSTED } from './api-error-from-temporal.js';
import type { OwnWorkflows } from './own-workflows.js';
import type { Changed, TokenChange } from './token-change.js';
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
 * It met its workflow at the moment when that went on as a new run, or one update too many was under way, or its workflow task
 * was lost and the next one knew nothing of it.
 */
function isUntouched(error: unknown): boolean {
  const code = grpcCode(error);
  if (code === FAILED_PRECONDITION || code === RESOURCE_EXHAUSTED) return true;
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  return error.cause instanceof ApplicationFailure && error.cause.type === 'UnprocessedUpdate';
}

/** Sends changes to tokens as updates of their Temporal workflows: to ours only, and no more at a time than Temporal takes. */
export class TokenUpdates {
  readonly #client: Client;
  readonly #own: OwnWorkflows;
  readonly #queue = new UpdateQueue();

  constructor(client: Client, own: OwnWorkflows) {
    this.#client = client;
    this.#own = own;
  }

  /** With a key a fire can be repeated whatever became of its first answer, also when the token has ended by it. */
  async fire(tokenId: string, request: FireRequest): Promise<FireAccepted> {
    const args: [FireRequest] = [{ idempotencyKey: crypto.randomUUID(), ...request }];
    try {
      return await this.#update<FireAccepted>(tokenId, { name: 'fire', args });
    } catch (error) {
      if (request.idempotencyKey === undefined || !(error instanceof WorkflowNotFoundError)) throw error;
      const accepted = await this.#acceptedFire(tokenId, request);
      if (accepted === undefined) throw error;
      return accepted;
    }
  }

  async change(tokenId: string, change: TokenChange): Promise<Changed> {
    const args: [object] = ['request' in change ? change.request : {}];
    return await this.#update<Changed>(tokenId, { name: change.name, args });
  }

  /** An update of its own each time: Temporal would answer a repeated one as it did, also where that was a refusal. */
  async #update<Answer>(tokenId: string, { name, args }: { name: string; args: [object] }): Promise<Answer> {
    const updateId = crypto.randomUUID();
    return await this.#queue.run(tokenId, () =>
      this.#ofOurs(tokenId, (handle) =>
        untilTaken(() => handle.executeUpdate<Answer, [object]>(name, { args, updateId })),
      ),
    );
  }

  /** Does something with the life of a token that is ours, and once more where another one of ours has its id meanwhile. */
  async #ofOurs<Result>(tokenId: string, work: (handle: WorkflowHandle) => Promise<Result>): Promise<Result> {
    const firstRunId = await this.#own.firstRunOf(TOKEN_LIFECYCLE, tokenId);
    if (firstRunId === undefined) throw notFound('token', tokenId);
    try {
      return await work(this.#client.workflow.getHandle(tokenId, undefined, { firstExecutionRunId: firstRunId }));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      this.#own.forget(TOKEN_LIFECYCLE, tokenId);
      const now = await this.#own.firstRunOf(TOKEN_LIFECYCLE, tokenId);
      if (now === undefined || now === firstRunId) throw error;
      return await work(this.#client.workflow.getHandle(tokenId, undefined, { firstExecutionRunId: now }));
    }
  }

  /** A token that has ended takes no updates; what it has accepted it still tells. */
  async #acceptedFire(tokenId: string, request: FireRequest): Promise<FireAccepted | undefined> {
    const ours = await this.#own.describe(TOKEN_LIFECYCLE, tokenId);
    if (ours === undefined) return undefined;
    const handle = this.#client.workflow.getHandle(tokenId, ours.runId);
    try {
      return (await handle.query<FireAccepted | null, [FireRequest]>('acceptedFire', request)) ?? undefined;
    } catch (error) {
      // Its key was another fire's.
      if (error instanceof QueryNotRegisteredError) return undefined;
      throw error;
    }
  }
}
