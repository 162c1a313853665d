import { watchExecution } from '../client/index.js';
import type { Config } from '../config.js';
import { isErrorCode, type ErrorCode } from '../core/codes.js';
import { CircuitBreakerError, wordsOf } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json/json.js';
import { shorten } from '../core/json/preview.js';
import type { Problem } from '../core/json/problem.js';
import type { StreamEvent } from '../core/streams/stream-event.js';
import { answerMisfit, type Answered } from './answer-misfit.js';
import { ANSWER_LIMIT_MS, AnswerWait } from './answer-wait.js';
import { otherVersion } from './other-version.js';

interface ClientOptions {
  /** Ends whatever is under way: what is asked throws its reason. */
  readonly signal?: AbortSignal;
  /** Shown with every request. */
  readonly token?: string;
  /** Told a line when the server takes long. */
  readonly tell?: (line: string) => void;
  /** How long the server may give no sign; two minutes otherwise. */
  readonly limitMs?: number;
}

/** A running API, as the command line uses it: over HTTP, like everyone's client. */
export class ApiClient {
  readonly #signal: AbortSignal;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #tell: ClientOptions['tell'];
  readonly #limitMs: number;
  /** The last answers: what does not fit shows itself when it is used. */
  readonly #answered: Answered[] = [];

  constructor(
    readonly address: string,
    { signal = new AbortController().signal, token, tell, limitMs = ANSWER_LIMIT_MS }: ClientOptions = {},
  ) {
    this.#signal = signal;
    this.#tell = tell;
    this.#limitMs = limitMs;
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

  /**
   * Runs a GraphQL operation. Throws the API's own error, with its problems; UNAVAILABLE where nobody answers, or somebody else, or
   * a server of another version, which does not know what is asked for; and where no sign comes of one for too long.
   */
  async query<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    const answer = await this.#answer(JSON.stringify({ query, variables }));
    const [error] = answer.errors;
    if (error !== undefined) throw await this.#refusal(error);
    if (answer.data === undefined || Object.keys(answer.data).length === 0)
      throw new CircuitBreakerError('INTERNAL', 'The API gave no data.');
    this.#answered.push({ query, variables, data: answer.data });
    if (this.#answered.length > MOST_ANSWERED) this.#answered.shift();
    return answer.data as Data;
  }

  /** What is wrong with the last answers, where no server of ours can have given them; undefined: nothing. Never throws that itself. */
  async misfit(): Promise<CircuitBreakerError | undefined> {
    for (const answered of this.#answered) {
      const misfit = await answerMisfit(answered);
      if (misfit === undefined) continue;
      const said = `What is at ${this.address} answered otherwise than a server of ours does: ${shorten(misfit)}`;
      return new CircuitBreakerError('UNAVAILABLE', said);
    }
    return undefined;
  }

  /** What is at a path, as it comes, of this media type. Throws like `query`. */
  async download(path: string, type: string): Promise<ReadableStream> {
    const wait = this.#wait();
    try {
      return await this.#downloaded(path, { type, wait });
    } finally {
      wait.end();
    }
  }

  async #downloaded(path: string, { type, wait }: { type: string; wait: AnswerWait }): Promise<ReadableStream> {
    const response = await this.#request(path, {}, wait);
    const isAsAsked = response.ok && response.headers.get('content-type') === type;
    if (isAsAsked && response.body !== null) return response.body;
    const answer = jsonOf(await this.#text(response, wait));
    if (response.status !== 404 || !isJsonObject(answer)) throw await this.#otherAnswer(response, answer);
    const said = `The server at ${this.address} is of another version than this command: it has no ${path}.`;
    throw new CircuitBreakerError('UNAVAILABLE', said);
  }

  async #answer(body: string): Promise<GraphqlAnswer> {
    const headers = { 'content-type': 'application/json' };
    const wait = this.#wait();
    try {
      const response = await this.#request('/graphql', { method: 'POST', headers, body }, wait);
      const answer = jsonOf(await this.#text(response, wait));
      const read = readGraphqlAnswer(answer);
      if (read !== undefined) return read;
      throw await this.#otherAnswer(response, answer);
    } finally {
      wait.end();
    }
  }

  #wait(): AnswerWait {
    const told = `The server at ${this.address} has not answered yet; Ctrl-C ends the wait.`;
    const tell = (): void => this.#tell?.(told);
    return new AnswerWait({ ending: this.#signal, limitMs: this.#limitMs, tell });
  }

  /** Throws what is to be said where the wait is over, or nobody waits any more. */
  #throwIfOver(wait: AnswerWait): void {
    this.#signal.throwIfAborted();
    if (!wait.isOver) return;
    const advice = 'what was asked of it may be done nevertheless, so look before you ask again';
    const said = `The server at ${this.address} has given no sign for ${this.#limitMs / 1000} s, and is not waited for any longer: ${advice}.`;
    throw new CircuitBreakerError('UNAVAILABLE', said);
  }

  /** What was answered, whole. An answer that breaks off, or has no end, is none. */
  async #text(response: Response, wait: AnswerWait): Promise<string> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const piece of response.body ?? []) {
        wait.heard();
        pieces.push(piece as Uint8Array);
        bytes += (piece as Uint8Array).byteLength;
        if (bytes > MOST_BYTES) break;
      }
    } catch (error) {
      this.#throwIfOver(wait);
      const said = `The server at ${this.address} broke off in the middle of its answer: ${reasonOf(error)}.`;
      throw new CircuitBreakerError('UNAVAILABLE', said);
    }
    if (bytes <= MOST_BYTES) return Buffer.concat(pieces).toString('utf8');
    const said = `What is at ${this.address} answered with more than ${MOST_BYTES / MIB} MiB, and not as a server of ours.`;
    throw new CircuitBreakerError('UNAVAILABLE', said);
  }

  async #request(path: string, how: PlainRequest, wait: AnswerWait): Promise<Response> {
    try {
      const headers = { ...how.headers, ...this.#headers };
      // What is sent is for this server, and the token as well.
      return await fetch(`${this.address}${path}`, { ...how, headers, signal: wait.signal, redirect: 'manual' });
    } catch (error) {
      this.#throwIfOver(wait);
      const advice = 'circuit-breaker dev starts one, and circuit-breaker.yaml says where servers are';
      throw new CircuitBreakerError(
        'UNAVAILABLE',
        `No server answers at ${this.address}: ${reasonOf(error)}; ${advice}.`,
      );
    }
  }

  /** What an answer says that is not the one that was asked for. */
  async #otherAnswer(response: Response, answer: unknown): Promise<CircuitBreakerError> {
    const { error } = isJsonObject(answer) ? answer : {};
    if (isJsonObject(error) && typeof error['message'] === 'string' && typeof error['code'] === 'string') {
      return await this.#refusal({ message: error['message'], extensions: { code: error['code'] } });
    }
    const elsewhere = response.headers.get('location');
    if (elsewhere !== null && response.status >= 300 && response.status < 400) {
      const advice = 'name the address of the server itself in circuit-breaker.yaml';
      return new CircuitBreakerError(
        'UNAVAILABLE',
        `What is at ${this.address} sends on to ${shorten(elsewhere)}, where nothing is sent: ${advice}.`,
      );
    }
    const said = `it answered with status ${response.status}, and not as a server of ours`;
    return new CircuitBreakerError('UNAVAILABLE', `What is at ${this.address} is no Circuit Breaker: ${said}.`);
  }

  async #refusal(error: GraphqlError): Promise<CircuitBreakerError> {
    const code = codeOf(error);
    const { message, extensions = {} } = error;
    const { problems } = extensions;
    if (code === 'GRAPHQL_VALIDATION_FAILED' && UNKNOWN.test(message)) {
      const { address } = this;
      return new CircuitBreakerError(
        'UNAVAILABLE',
        await otherVersion({ address, headers: this.#headers, said: message }),
      );
    }
    if (code === 'UNAUTHENTICATED') {
      const advice =
        'give its environment a `token` in circuit-breaker.yaml, or set AGENT_ACCESS_TOKEN for one on this machine';
      return new CircuitBreakerError(
        code,
        `The server at ${this.address} wants to know who calls: ${advice}. It says: ${message}`,
      );
    }
    return new CircuitBreakerError(code, message, problems === undefined ? {} : { problems });
  }

  /**
   * The whole stream of an execution, event by event, also when the connection is lost on the way. Throws UNAVAILABLE where the server
   * stays away for too long.
   */
  stream(executionId: string): AsyncIterable<StreamEvent> {
    const gone = new AbortController();
    const signal = AbortSignal.any([this.#signal, gone.signal]);
    let awaySinceMs: number | undefined;
    const look = async (): Promise<void> => {
      if ((await this.health()) !== undefined) {
        awaySinceMs = undefined;
        return;
      }
      if (awaySinceMs === undefined)
        this.#tell?.(`The server at ${this.address} is away; what it shows goes on when it is back.`);
      awaySinceMs ??= performance.now();
      if (performance.now() - awaySinceMs < this.#limitMs) return;
      const said = `The server at ${this.address} has been away for ${this.#limitMs / 1000} s, and is not waited for any longer.`;
      gone.abort(new CircuitBreakerError('UNAVAILABLE', said));
    };
    const onReconnect = (): void => void look();
    return watchExecution({ url: this.address, executionId, headers: this.#headers, signal, onReconnect });
  }
}

/** Where one who listens on every address of this machine is found on it. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

interface PlainRequest {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A command asks for more than one thing at once, and these are looked at a moment later. */
const MOST_ANSWERED = 8;
const MIB = 1024 * 1024;
/** Several times as many as an answer of ours has. */
const MOST_BYTES = 64 * MIB;

/** Why a request failed: what lies behind "fetch failed". */
function reasonOf(error: unknown): string {
  return wordsOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}

interface GraphqlAnswer {
  readonly data?: JsonObject;
  readonly errors: readonly GraphqlError[];
}

/** Undefined: it is no answer of GraphQL. */
function readGraphqlAnswer(answer: unknown): GraphqlAnswer | undefined {
  if (!isJsonObject(answer)) return undefined;
  const { data, errors = [] } = answer;
  if (!('data' in answer || 'errors' in answer) || !Array.isArray(errors) || !errors.every(isGraphqlError))
    return undefined;
  if (data === undefined || data === null) return { errors };
  return isJsonObject(data) ? { data, errors } : undefined;
}

function isGraphqlError(error: unknown): error is GraphqlError {
  if (!isJsonObject(error) || typeof error['message'] !== 'string') return false;
  const { extensions = {} } = error;
  if (!isJsonObject(extensions)) return false;
  const { problems = [] } = extensions;
  return Array.isArray(problems) && problems.every(isProblem);
}

function isProblem(problem: unknown): problem is Problem {
  return isJsonObject(problem) && ['code', 'pointer', 'message'].every((name) => typeof problem[name] === 'string');
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly problems?: readonly Problem[] };
}

/** What GraphQL says of fields, arguments, types, values and members of inputs that a schema does not have, and of those that it wants. */
const UNKNOWN =
  /^(?:Cannot query field|Unknown (?:argument|type)|(?:Field|Argument) .* (?:is required|must have a selection))|is not defined by type|does not exist in .* enum/;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf({ extensions }: GraphqlError): ErrorCode {
  const code = extensions?.code ?? 'INTERNAL';
  return isErrorCode(code) ? code : 'INTERNAL';
}
