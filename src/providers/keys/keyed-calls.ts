import type { LlmProvider } from '../../core/agents/agent.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { PassedKey, UsedKeys } from '../../core/executions/used-keys.js';
import type { HeaderValues } from '../failures/asked-wait.js';
import { waitForRoom, type CallNeed } from '../failures/remaining-limits.js';
import type { ProviderDependencies } from '../provider-dependencies.js';
import { resolveEndpoints, type Endpoint } from './endpoint.js';
import { EndpointPool, type Call, type NewMark } from './endpoint-pool.js';
import { judgeEndpoint } from './judge-endpoint.js';

type KeyDependencies = Pick<ProviderDependencies, 'credentials' | 'keyStore' | 'onRest'>;

/** Where a call has been before, in the same attempt. */
export interface PassedEndpoint extends PassedKey {
  readonly endpoint: Endpoint;
}

/** What follows for the keys from the failure of a call. */
export interface KeyFailure {
  /** What the attempt fails with where it does not go on. */
  readonly reason: Error;
  /** Absent: it does not go on with another key. */
  readonly passed?: PassedEndpoint;
}

/** Chooses for each call of a process where it goes and with which key, and learns of them by what becomes of the calls. */
export class KeyedCalls {
  readonly #dependencies: KeyDependencies;
  readonly #pool: EndpointPool;

  constructor(dependencies: KeyDependencies) {
    const { keyStore } = dependencies;
    this.#dependencies = dependencies;
    this.#pool = new EndpointPool(keyStore === undefined ? {} : { store: keyStore });
  }

  /** Throws ModelError where no key may be used: see `resolveEndpoints` and `EndpointPool.take`. */
  async take(provider: LlmProvider, passed: readonly PassedEndpoint[]): Promise<KeyedCall> {
    const endpoints = resolveEndpoints(provider, this.#dependencies.credentials);
    const call = { endpoints, model: provider.model, tried: passed.map(({ endpoint }) => endpoint) };
    const endpoint = await this.#pool.take(call);
    return new KeyedCall(endpoint, { call, passed, pool: this.#pool, onRest: this.#dependencies.onRest });
  }
}

interface Surroundings {
  readonly call: Call;
  readonly passed: readonly PassedEndpoint[];
  readonly pool: EndpointPool;
  readonly onRest: KeyDependencies['onRest'];
}

/** One call, under way at one endpoint until `leave`. */
export class KeyedCall {
  readonly #surroundings: Surroundings;
  #status: number | undefined;

  constructor(
    readonly endpoint: Endpoint,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
  }

  /** For people who look at the attempt. */
  get keys(): UsedKeys {
    const { call, passed } = this.#surroundings;
    if (call.endpoints.length === 1) return {};
    const before = passed.map(({ key, errorCode }) => ({ key, errorCode }));
    return { key: this.endpoint.name, ...(before.length === 0 ? {} : { passedKeys: before }) };
  }

  /** What an answer says of the limits is heeded before the provider has to refuse the next call. */
  heed({ status, headers }: { readonly status: number; readonly headers: HeaderValues }, need: CallNeed): void {
    this.#status = status;
    const forMs = status < 300 ? waitForRoom(headers, need, Date.now()) : undefined;
    if (forMs === undefined) return;
    const { pool, call } = this.#surroundings;
    // The answer does not wait until others know.
    void pool.mark(this.endpoint, { kind: 'limited', model: call.model, forMs });
  }

  worked(): void {
    this.#surroundings.pool.praise(this.endpoint);
  }

  leave(): void {
    this.#surroundings.pool.leave(this.endpoint);
  }

  async failed(reason: Error): Promise<KeyFailure> {
    if (!(reason instanceof ModelError)) return { reason };
    const { call, pool } = this.#surroundings;
    const isOneOfSeveral = call.endpoints.length > 1;
    const status = this.#status === undefined ? {} : { status: this.#status };
    const verdict = judgeEndpoint(reason, { ...status, model: call.model, isOneOfSeveral });
    if (verdict.doubtForMs !== undefined) pool.doubt(this.endpoint, verdict.doubtForMs);
    if (verdict.mark !== undefined) await this.#mark(verdict.mark);
    const told = this.#told(reason);
    if (!isOneOfSeveral || verdict.goesOnWith === 'nothing') return { reason: told };
    const tried = [...call.tried, this.endpoint, ...(verdict.goesOnWith === 'another' ? [] : this.#sameAddress())];
    if (pool.hasAnother({ ...call, tried })) {
      return { reason: told, passed: { endpoint: this.endpoint, key: this.endpoint.name, errorCode: reason.code } };
    }
    if (verdict.goesOnWith === 'another-address') return { reason: told };
    return { reason: this.#told(pool.whyNone(call) ?? reason) };
  }

  async #mark(mark: NewMark): Promise<void> {
    const { pool, onRest } = this.#surroundings;
    onRest?.({ key: this.endpoint.name, host: this.endpoint.baseUrl.host, kind: mark.kind, forMs: mark.forMs });
    await pool.mark(this.endpoint, mark);
  }

  #sameAddress(): readonly Endpoint[] {
    return this.#surroundings.call.endpoints.filter(({ baseUrl }) => baseUrl.href === this.endpoint.baseUrl.href);
  }

  #told({ code, message, facts }: ModelError): ModelError {
    return new ModelError(code, message, { ...facts, ...this.keys });
  }
}
