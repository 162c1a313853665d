import { ModelError } from '../../core/executions/model-error.js';
import { resolveEndpoints } from '../keys/endpoint.js';
import { ownIdIn, type FoundBatch, type OwnBatch, type SubmittedBatch } from '../model-batches.js';
import type { ProviderDependencies } from '../provider-dependencies.js';
import { wireFormatOf } from '../wire-formats.js';
import { BatchConnection } from './batch-connection.js';

/** One of the keys of a provider, at one of its addresses. */
export interface Account {
  readonly id: string;
  readonly connection: BatchConnection;
}

export class BatchAccounts {
  readonly #dependencies: ProviderDependencies;

  constructor(dependencies: ProviderDependencies) {
    this.#dependencies = dependencies;
  }

  /** All that a batch may go to. */
  of({ provider }: Pick<OwnBatch, 'provider'>, signal: AbortSignal): readonly Account[] {
    return resolveEndpoints(provider, this.#dependencies.credentials).map((endpoint) => {
      const format = wireFormatOf(provider, endpoint.baseUrl);
      const connection = new BatchConnection(this.#dependencies, { provider, format, endpoint, signal });
      return { id: endpoint.id, connection };
    });
  }

  /** The one that has a batch, and what that is called there. Throws ModelError `auth` where its key is not set any more. */
  reach(batch: SubmittedBatch, signal: AbortSignal): { readonly connection: BatchConnection; readonly id: string } {
    const own = ownIdIn(batch.providerBatchId);
    const account = this.of(batch, signal).find(({ id }) => `${id}:${own}` === batch.providerBatchId);
    if (account === undefined) throw new ModelError('auth', 'The key that submitted the batch is not set any more.');
    return { connection: account.connection, id: own };
  }
}

export function withAccount(account: string, found: FoundBatch): FoundBatch {
  return found.type === 'found' ? { ...found, providerBatchId: `${account}:${found.providerBatchId}` } : found;
}

/** What the first account gives that is not refused as such. Throws why, where all are. */
export async function fromFirst<Given>(
  accounts: readonly Account[],
  ask: (account: Account) => Promise<Given>,
): Promise<Given> {
  let refusal: ModelError | undefined;
  for (const account of accounts) {
    try {
      return await ask(account);
    } catch (error) {
      refusal ??= refusalOf(error);
    }
  }
  throw refusal ?? new ModelError('auth', 'No key is set.');
}

/** What all accounts together have. One that is refused as such has nothing; throws why, where all are. */
export async function fromAll(
  accounts: readonly Account[],
  look: (account: Account) => Promise<FoundBatch>,
): Promise<FoundBatch> {
  const refusals: ModelError[] = [];
  const candidates: string[] = [];
  for (const account of accounts) {
    try {
      const found = await look(account);
      if (found.type === 'found') return found;
      if (found.type === 'unclear') candidates.push(...found.candidates);
    } catch (error) {
      refusals.push(refusalOf(error));
    }
  }
  const [refusal] = refusals;
  if (refusal !== undefined && refusals.length === accounts.length) throw refusal;
  return candidates.length === 0 ? { type: 'none' } : { type: 'unclear', candidates };
}

/** That an account is refused as such; throws whatever else it is. */
function refusalOf(error: unknown): ModelError {
  if (error instanceof ModelError && (error.code === 'auth' || error.code === 'quota')) return error;
  throw error;
}
