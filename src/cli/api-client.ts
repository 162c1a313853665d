import { watchExecution } from '../client/index.js';
import type { Config } from '../config.js';
import { isErrorCode, type ErrorCode } from '../core/codes.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { StreamEvent } from '../core/streams/stream-event.js';

/** A running API, as the command line uses it: over HTTP, like everyone's client. */
export class ApiClient {
  readonly #signal: AbortSignal;
  readonly #headers: Readonly<Record<string, string>>;

  /** `signal` ends whatever is under way: what is asked throws its reason. `token` is shown with every request. */
  constructor(
    readonly address: string,
    { signal = new AbortController().signal, token }: { readonly signal?: AbortSignal; readonly token?: string } = {},
  ) {
    this.#signal = signal;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** The API where the configuration puts it. */
  static of(
    { host, port, access, tls }: Pick<Config, 'host' | 'port' | 'access' | 'tls'>,
    signal?: AbortSignal,
  ): ApiClient {
    const { token } = access;
    const options = { ...(signal === undefined ? {} : { signal }), ...(token === undefined ? {} : { token }) };
    return new ApiClient(`${tls === undefined ? 'http' : 'https'}://${reachable(host)}:${port}`, options);
  }

  /** Whether one of ours answers there and is ready. */
  async isReady(): Promise<boolean> {
    return (await this.health()) === 'ready';
  }

  /** What one of ours says about itself there; absent: none answers. */
  async health(): Promise<'ready' | 'unavailable' | undefined> {
    try {
      const response = await fetch(`${this.address}/health/ready`, { signal: AbortSignal.timeout(2000) });
      const body: unknown = await response.json();
      const status = typeof body === 'object' && body !== null && 'status' in body ? body.status : undefined;
      return status === 'ready' || status === 'unavailable' ? status : undefined;
    } catch {
      return undefined;
    }
  }

  /** Runs a GraphQL operation. Throws the API's own error. */
  async query<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    const response = await fetch(`${this.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#headers },
      body: JSON.stringify({ query, variables }),
      signal: this.#signal,
    });
    const answer = (await response.json()) as GraphqlAnswer<Data>;
    const [error] = answer.errors ?? [];
    if (error !== undefined) throw new CircuitBreakerError(codeOf(error), error.message);
    if (answer.data === undefined || answer.data === null)
      throw new CircuitBreakerError('INTERNAL', 'The API gave no data.');
    return answer.data;
  }

  /** The whole stream of an execution, event by event, also when the connection is lost on the way. */
  stream(executionId: string): AsyncIterable<StreamEvent> {
    return watchExecution({ url: this.address, executionId, headers: this.#headers, signal: this.#signal });
  }
}

/** Where one who listens on every address of this machine is found on it. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

interface GraphqlAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphqlError[];
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

function codeOf({ extensions }: GraphqlError): ErrorCode {
  const code = extensions?.code ?? 'INTERNAL';
  return isErrorCode(code) ? code : 'INTERNAL';
}
