import { QueryNotRegisteredError, WorkflowNotFoundError, type Client } from '@temporalio/client';

import { TOKEN_LIFECYCLE, type FireAccepted } from '../contract/messages.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
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
