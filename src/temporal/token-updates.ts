import {
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';

import { TOKEN_LIFECYCLE, type FireAccepted, type Migrated } from '../contract/messages.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import type { MigrateRequest } from '../core/tokens/migrate-request.js';
import { OwnUpdates } from './own-updates.js';
import type { OwnWorkflows } from './own-workflows.js';
import { readable } from './readable-answer.js';
import type { Changed, TokenChange } from './token-change.js';

/** Sends changes to tokens as updates of their Temporal workflows. */
export class TokenUpdates {
  readonly #client: Client;
  readonly #own: OwnWorkflows;
  readonly #updates: OwnUpdates;

  constructor(client: Client, own: OwnWorkflows) {
    this.#client = client;
    this.#own = own;
    this.#updates = new OwnUpdates(client, own, TOKEN_LIFECYCLE);
  }

  /** With a key a fire can be repeated whatever became of its first answer, also when the token has ended by it. */
  async fire(tokenId: string, request: FireRequest): Promise<FireAccepted> {
    const args: [FireRequest] = [{ idempotencyKey: crypto.randomUUID(), ...request }];
    try {
      return await this.#updates.send<FireAccepted>(tokenId, { name: 'fire', args });
    } catch (error) {
      if (request.idempotencyKey === undefined || !(error instanceof WorkflowNotFoundError)) throw error;
      const accepted = await this.#acceptedFire(tokenId, request);
      if (accepted === undefined) throw error;
      return accepted;
    }
  }

  async change(tokenId: string, change: TokenChange): Promise<Changed> {
    const args: [object] = ['request' in change ? change.request : {}];
    return await this.#updates.send<Changed>(tokenId, { name: change.name, args });
  }

  async migrate(tokenId: string, request: MigrateRequest): Promise<Migrated> {
    try {
      return await this.#updates.send<Migrated>(tokenId, { name: 'migrate', args: [request] });
    } catch (error) {
      if (isUnknownUpdate(error)) throw outdatedWorker(tokenId);
      throw error;
    }
  }

  /** A token that has ended takes no updates; what it has accepted it still tells. */
  async #acceptedFire(tokenId: string, request: FireRequest): Promise<FireAccepted | undefined> {
    const ours = await this.#own.describe(TOKEN_LIFECYCLE, tokenId);
    if (ours === undefined) return undefined;
    const handle = this.#client.workflow.getHandle(tokenId, ours.runId);
    try {
      return readable(await handle.query<FireAccepted | null, [FireRequest]>('acceptedFire', request)) ?? undefined;
    } catch (error) {
      // Its key was another fire's.
      if (error instanceof QueryNotRegisteredError) return undefined;
      throw error;
    }
  }
}

/** What the SDK rejects an update with that a workflow has no handler for: it has no type, and no code of its own. */
function isUnknownUpdate(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError && /^No registered handler for update\b/.test(error.cause?.message ?? '')
  );
}

function outdatedWorker(tokenId: string): CircuitBreakerError {
  const message =
    'its worker is of an older version, which cannot do this: start workers of this version, stop the others, and call again';
  const blockers = [{ code: 'WORKER_OUTDATED' as const, message }];
  return new CircuitBreakerError('MIGRATION_REFUSED', `Token ${tokenId} does not go over: ${message}.`, { blockers });
}
