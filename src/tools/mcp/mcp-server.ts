import type { ToolServer } from '../../core/agents/tool-server.js';
import { wordsOf } from '../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.js';
import type { Misfit, Problem } from '../../core/json/problem.js';
import type { Tool, ToolContext, ToolLogger } from '../tool.js';
import { listedTools, type ListedTool } from './listed-tools.js';
import { isSessionGone, McpConnection, type ConnectionParts } from './mcp-connection.js';
import type { McpServerConfig } from './server-config.js';
import { answerOf, type McpResult } from './tool-answer.js';

/** `npx` may have to fetch the program first. */
const START_LIMIT_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A server that ran so long has not failed at its start. */
const STEADY_MS = 60_000;
/** Between two listings, however often a server says that its list has changed. */
const RELIST_PAUSE_MS = 500;

export interface McpServerParts extends ConnectionParts {
  readonly schemas: {
    problemsOf(schema: JsonObject): Promise<readonly Problem[]>;
    misfitsOf(value: JsonObject, schema: JsonObject): Promise<readonly Misfit[]>;
  };
  /** Hides what is secret. */
  readonly mask: (text: string) => string;
  readonly logger: ToolLogger;
  /** Its tools, or whether it works, have changed. */
  readonly onChange: () => void;
  /** Until it has been started and has listed its tools. */
  readonly startLimitMs?: number;
}

/**
 * One MCP server: it is started, listed again when it says so, and started again when it ends, at once at first and then with
 * growing pauses. Its tools stay while it is away; a call of them then fails, and says why.
 */
export class McpServer {
  readonly #config: McpServerConfig;
  readonly #parts: McpServerParts;
  readonly #ending = new AbortController();
  #tools: readonly Tool[] = [];
  #leftOut: string | undefined;
  #live: McpConnection | undefined;
  #opening: Promise<McpConnection> | undefined;
  #error: string | undefined = 'it is being started';
  #failures = 0;
  #since = 0;
  #pause: NodeJS.Timeout | undefined;
  #relisting: NodeJS.Timeout | undefined;

  constructor(config: McpServerConfig, parts: McpServerParts) {
    this.#config = config;
    this.#parts = parts;
  }

  get tools(): readonly Tool[] {
    return this.#tools;
  }

  get status(): ToolServer {
    const { name, transport } = this.#config;
    const works = this.#live !== undefined;
    const errorMessage = works ? this.#leftOut : `It does not work: ${this.#error ?? 'it has ended'}.`;
    return {
      ...{ name, transport, works },
      ...(errorMessage === undefined ? {} : { errorMessage }),
      tools: this.#tools.map((tool) => ({ name: tool.name, description: tool.description })),
    };
  }

  /** Starts it, and keeps it running from now on. Resolves when the first attempt has ended, however it did. */
  async begin(): Promise<void> {
    await this.#opened().catch(() => undefined);
  }

  /** Ends it, and whatever is being done with it. */
  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#pause);
    clearTimeout(this.#relisting);
    await this.#opening?.catch(() => undefined);
    await this.#live?.close();
  }

  async #opened(): Promise<McpConnection> {
    if (this.#ending.signal.aborted) throw new Error('this worker is ending');
    if (this.#live !== undefined) return this.#live;
    if (this.#pause !== undefined) throw new Error(`it does not work (${this.#error ?? 'it has ended'})`);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  async #open(): Promise<McpConnection> {
    const limitMs = this.#parts.startLimitMs ?? START_LIMIT_MS;
    const late = AbortSignal.timeout(limitMs);
    const signal = AbortSignal.any([this.#ending.signal, late]);
    let connection: McpConnection | undefined;
    try {
      const opened = await McpConnection.open(this.#config, this.#parts, {
        signal,
        onClosed: (reason) => {
          this.#lost(opened, reason);
        },
        onListChanged: () => {
          this.#relistSoon();
        },
      });
      connection = opened;
      await this.#list(opened, signal);
      this.#live = opened;
    } catch (error) {
      await connection?.close();
      const reason = late.aborted ? `it did not answer within ${limitMs / 1000} s` : wordsOf(error);
      this.#failed(reason);
      this.#beginLater();
      throw new Error(`it does not work (${this.#parts.mask(reason)})`, { cause: error });
    }
    this.#since = performance.now();
    this.#error = undefined;
    this.#parts.logger.info({ server: this.#config.name, tools: this.#tools.length }, 'an MCP server works');
    this.#parts.onChange();
    return connection;
  }

  async #list(connection: McpConnection, signal: AbortSignal): Promise<void> {
    const list = await connection.listTools(signal);
    const { tools, leftOut } = await listedTools(this.#config.name, list, (schema) =>
      this.#parts.schemas.problemsOf(schema),
    );
    this.#leftOut = leftOut === undefined ? undefined : this.#parts.mask(leftOut);
    this.#tools = tools.map((tool) => this.#toolOf(tool));
  }

  #lost(connection: McpConnection, reason: string): void {
    if (this.#live !== connection || this.#ending.signal.aborted) return;
    this.#live = undefined;
    if (performance.now() - this.#since > STEADY_MS) this.#failures = 0;
    this.#failed(reason);
    if (this.#failures === 1) void this.begin();
    else this.#beginLater();
  }

  /** Ends a session that the server has forgotten: it works, and is not to be waited for. */
  #leave(connection: McpConnection): void {
    if (this.#live === connection) this.#live = undefined;
    connection.leave('it has forgotten the session');
  }

  #failed(reason: string): void {
    this.#failures += 1;
    this.#error = this.#parts.mask(reason);
    if (this.#ending.signal.aborted) return;
    const about = { server: this.#config.name, reason: this.#error };
    this.#parts.logger.warn(about, 'an MCP server does not work; it is tried again');
    this.#parts.onChange();
  }

  #beginLater(): void {
    if (this.#ending.signal.aborted) return;
    const begin = () => {
      this.#pause = undefined;
      void this.begin();
    };
    this.#pause = setTimeout(begin, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1)));
    this.#pause.unref();
  }

  #relistSoon(): void {
    if (this.#relisting !== undefined) return;
    this.#relisting = setTimeout(() => {
      void this.#relist().finally(() => {
        this.#relisting = undefined;
      });
    }, RELIST_PAUSE_MS);
    this.#relisting.unref();
  }

  async #relist(): Promise<void> {
    const connection = this.#live;
    if (connection === undefined) return;
    try {
      await this.#list(connection, AbortSignal.any([this.#ending.signal, AbortSignal.timeout(START_LIMIT_MS)]));
      this.#parts.onChange();
    } catch (error) {
      const reason = this.#parts.mask(wordsOf(error));
      this.#parts.logger.warn({ server: this.#config.name, reason }, 'an MCP server could not be listed again');
    }
  }

  #toolOf({ name, offer }: ListedTool): Tool {
    return {
      ...offer,
      read: async (given) => {
        const misfits = await this.#parts.schemas.misfitsOf(given, offer.parameters);
        return misfits.length === 0 ? { value: given } : { misfits };
      },
      run: async (value, context) => await this.#call(name, value, context),
    };
  }

  async #call(name: string, value: unknown, { signal, idempotencyKey }: ToolContext): Promise<JsonValue> {
    // As `read` gave them.
    const request = { name, arguments: value as JsonObject, idempotencyKey, signal };
    const result = await this.#result((connection) => connection.callTool(request));
    const answer = masked(answerOf(result), this.#parts.mask);
    if (result.isError) throw new Error(typeof answer === 'string' ? answer : JSON.stringify(answer));
    return answer;
  }

  /** A server that has forgotten the session has not begun the call: it is made once more in a new one. */
  async #result(call: (connection: McpConnection) => Promise<McpResult>): Promise<McpResult> {
    try {
      const connection = await this.#opened();
      try {
        return await call(connection);
      } catch (error) {
        if (!isSessionGone(error)) throw error;
        this.#leave(connection);
        return await call(await this.#opened());
      }
    } catch (error) {
      throw new Error(this.#parts.mask(`MCP server "${this.#config.name}": ${wordsOf(error)}`), { cause: error });
    }
  }
}

function masked(value: JsonValue, mask: (text: string) => string): JsonValue {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((one: JsonValue) => masked(one, mask));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [mask(key), masked(one, mask)]));
}
