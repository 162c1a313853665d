import { ModelError } from '../../core/executions/model-error.js';
import { resolveEndpoints, type Endpoint, type Endpoints } from '../keys/endpoint.js';
import { EndpointPool } from '../keys/endpoint-pool.js';
import { judgeEndpoint } from '../keys/judge-endpoint.js';
import { ownIdIn, type FoundBatch, type OwnBatch, type PlacedBatch, type SubmittedBatch } from '../model-batches.js';
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
  readonly #pool: EndpointPool;

  constructor(dependencies: ProviderDependencies) {
    const { keyStore } = dependencies;
    this.#dependencies = dependencies;
    this.#pool = new EndpointPool(keyStore === undefined ? {} : { store: keyStore });
  }

  /** All that a batch may have gone to. */
  of({ provider }: OwnBatch, signal: AbortSignal): readonly Account[] {
    return this.#endpoints(provider).map((endpoint) => this.#account(provider, endpoint, signal));
  }

  /** Where a batch may go now: see `EndpointPool.open`. */
  async open({ provider }: OwnBatch): Promise<readonly [string, ...string[]]> {
    const endpoints = this.#endpoints(provider);
    const [first, ...others] = await this.#pool.open({ endpoints, model: provider.model, tried: [] });
    return [first.id, ...others.map(({ id }) => id)];
  }

  /** Throws ModelError `auth` where its key is not set any more. */
  at({ provider, account }: PlacedBatch, signal: AbortSignal): Account {
    return this.#account(provider, this.#endpointAt(account, this.#endpoints(provider)), signal);
  }

  /** The one that has a batch, and what that is called there. Throws as `at` does. */
  reach(batch: SubmittedBatch, signal: AbortSignal): { readonly connection: BatchConnection; readonly id: string } {
    const id = ownIdIn(batch.providerBatchId);
    const account = batch.providerBatchId.slice(0, -id.length - 1);
    return { connection: this.at({ ...batch, account }, signal).connection, id };
  }

  took({ provider, account }: PlacedBatch): void {
    this.#pool.praise(this.#endpointAt(account, this.#endpoints(provider)));
  }

  /** What a refusal says of the key holds for all calls. A limit is one of batches: streams have their own. */
  async refused({ provider, account }: PlacedBatch, error: ModelError): Promise<void> {
    if (error.code !== 'auth' && error.code !== 'quota') return;
    const endpoints = this.#endpoints(provider);
    const endpoint = this.#endpointAt(account, endpoints);
    const { mark, doubtForMs } = judgeEndpoint(error, {
      ...(error.facts.status === undefined ? {} : { status: error.facts.status }),
      ...{ model: provider.model, isOneOfSeveral: endpoints.length > 1 },
    });
    if (doubtForMs !== undefined) this.#pool.doubt(endpoint, doubtForMs);
    if (mark === undefined) return;
    const { name: key, baseUrl } = endpoint;
    this.#dependencies.onRest?.({ key, host: baseUrl.host, kind: mark.kind, forMs: mark.forMs });
    await this.#pool.mark(endpoint, mark);
  }

  #endpoints(provider: OwnBatch['provider']): Endpoints {
    return resolveEndpoints(provider, this.#dependencies.credentials);
  }

  #endpointAt(account: string, endpoints: Endpoints): Endpoint {
    const endpoint = endpoints.find(({ id }) => id === account);
    if (endpoint === undefined) throw new ModelError('auth', 'The key that submitted the batch is not set any more.');
    return endpoint;
  }

  #account(provider: OwnBatch['provider'], endpoint: Endpoint, signal: AbortSignal): Account {
    const format = wireFormatOf(provider, endpoint.baseUrl);
    const connection = new BatchConnection(this.#dependencies, { provider, format, endpoint, signal });
    return { id: endpoint.id, connection };
  }
}

/** What the accounts together have. Throws where one of them does not say, and none says that it has it. */
export async function fromAll(
  accounts: readonly Account[],
  look: (account: Account) => Promise<FoundBatch>,
): Promise<FoundBatch> {
  const failures: unknown[] = [];
  const candidates: string[] = [];
  for (const account of accounts) {
    try {
      const found = await look(account);
      if (found.type === 'found') return { ...found, providerBatchId: `${account.id}:${found.providerBatchId}` };
      if (found.type === 'unclear') candidates.push(...found.candidates);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return candidates.length === 0 ? { type: 'none' } : { type: 'unclear', candidates };
}
