import { Client, SdkHttpError, type Transport } from '@modelcontextprotocol/client';
import { z } from 'zod';

import type { ProgramEnvironment } from '../../core/program-environment.js';
import { wordsOf } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json/json.js';
import { HttpTransport } from './http-transport.js';
import { MOST_TOOLS } from './listed-tools.js';
import { ProgramTransport, type StartProgram } from './program-transport.js';
import type { McpServerConfig } from './server-config.js';
import type { McpResult } from './tool-answer.js';

const PING_MS = 5000;
/** Of all pages of a list, as they came: what is too large to be offered is left out one by one, but not for ever. */
const LARGEST_LIST_CHARACTERS = 16 * 1024 * 1024;
/** Calls are bounded by who makes them; the client's own bound is only to be longer. */
const LONGEST_CALL_MS = 3_700_000;

const json = z.custom<JsonValue>(() => true);
const PAGE = z.looseObject({ tools: z.array(json), nextCursor: z.string().optional() });
const RESULT = z.looseObject({
  content: z.array(json).default([]),
  structuredContent: json.default(null),
  isError: z.boolean().default(false),
});

export interface ConnectionParts {
  readonly start: StartProgram;
  /** What every program is given. */
  readonly environment: ProgramEnvironment;
  /** Of this program. */
  readonly version: string;
}

export interface ConnectionEvents {
  /** Once, whoever ended it; not where it was never open. */
  readonly onClosed: (reason: string) => void;
  readonly onListChanged: () => void;
}

export interface ToolCallRequest {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** A session with an MCP server. What it asks of us, such as sampling or elicitation, is refused: nothing of that is declared. */
export class McpConnection {
  readonly #client: Client;
  readonly #events: ConnectionEvents;
  readonly #transport: Transport;
  /** Set for a server that is reached by HTTP, which does not say when it ends. */
  readonly #isRemote: boolean;
  #reason: string | undefined;
  #isPinging = false;
  #calls = 0;
  /** Set when it is to be closed with the last of its calls. */
  #leaving: string | undefined;

  private constructor(server: McpServerConfig, parts: ConnectionParts, events: ConnectionEvents) {
    this.#events = events;
    this.#isRemote = server.transport === 'streamable_http';
    this.#client = new Client({ name: 'circuit-breaker', version: parts.version }, { capabilities: {} });
    this.#transport = this.#transportTo(server, parts);
  }

  /** Rejects, with nothing left behind, when the server does not start or answer until the signal aborts. */
  static async open(
    server: McpServerConfig,
    parts: ConnectionParts,
    { signal, ...events }: ConnectionEvents & { readonly signal: AbortSignal },
  ): Promise<McpConnection> {
    const connection = new McpConnection(server, parts, events);
    await connection.#connect(signal);
    return connection;
  }

  /** All its tools, as it describes them; none where it has none. */
  async listTools(signal: AbortSignal): Promise<readonly JsonValue[]> {
    if (this.#client.getServerCapabilities()?.tools === undefined) return [];
    const tools: JsonValue[] = [];
    let cursor: string | undefined;
    let characters = 0;
    do {
      const params = cursor === undefined ? {} : { cursor };
      const page = await this.#inItsWords(
        this.#client.request({ method: 'tools/list', params }, PAGE, { signal, timeout: LONGEST_CALL_MS }),
      );
      // One more than are taken, so that who reads them sees that there are.
      tools.push(...page.tools.slice(0, MOST_TOOLS + 1 - tools.length));
      characters += JSON.stringify(page.tools).length;
      if (characters > LARGEST_LIST_CHARACTERS) {
        throw new Error(`its list of tools has more than ${LARGEST_LIST_CHARACTERS} characters`);
      }
      cursor = page.tools.length === 0 ? undefined : page.nextCursor;
    } while (cursor !== undefined && tools.length <= MOST_TOOLS);
    return tools;
  }

  /** Rejects with what the server, or the way to it, says. */
  async callTool({ name, arguments: given, idempotencyKey, signal }: ToolCallRequest): Promise<McpResult> {
    const params = { name, arguments: given, _meta: { 'circuit-breaker/idempotencyKey': idempotencyKey } };
    this.#calls += 1;
    try {
      return await this.#inItsWords(
        this.#client.request({ method: 'tools/call', params }, RESULT, { signal, timeout: LONGEST_CALL_MS }),
      );
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0 && this.#leaving !== undefined) void this.close(this.#leaving);
    }
  }

  /** Closes it when the calls have ended that are being made: each hears for itself what the server says. */
  leave(reason: string): void {
    this.#leaving = reason;
    if (this.#calls === 0) void this.close(reason);
  }

  async close(reason = 'it was ended'): Promise<void> {
    this.#reason ??= reason;
    await this.#client.close();
  }

  /** What fails since the connection has ended says why that was. */
  async #inItsWords<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      throw this.#reason === undefined ? error : new Error(this.#reason, { cause: error });
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    this.#client.setNotificationHandler('notifications/tools/list_changed', () => {
      this.#events.onListChanged();
    });
    try {
      await this.#client.connect(this.#transport, { signal, timeout: LONGEST_CALL_MS });
    } catch (error) {
      const reason = this.#wordsOf(error);
      await this.#client.close();
      throw new Error(reason, { cause: error });
    }
    this.#client.onclose = () => {
      this.#reason = this.#endOf() ?? this.#reason ?? 'the connection was closed';
      this.#events.onClosed(this.#reason);
    };
    if (this.#isRemote) {
      this.#client.onerror = () => {
        void this.#endIfGone();
      };
    }
  }

  /** A stream that breaks off may be the server's end, of which nothing else tells. */
  async #endIfGone(): Promise<void> {
    if (this.#isPinging || this.#reason !== undefined) return;
    this.#isPinging = true;
    try {
      await this.#client.request({ method: 'ping' }, z.looseObject({}), { timeout: PING_MS });
    } catch (error) {
      await this.close(this.#wordsOf(error));
    } finally {
      this.#isPinging = false;
    }
  }

  #transportTo(server: McpServerConfig, { start, environment }: ConnectionParts): Transport {
    switch (server.transport) {
      case 'stdio':
        return new ProgramTransport(server, start, environment);
      case 'streamable_http':
        return new HttpTransport(server, (reason) => {
          void this.close(reason);
        });
    }
  }

  #endOf(): string | undefined {
    return this.#transport instanceof ProgramTransport ? this.#transport.reason : undefined;
  }

  #wordsOf(error: unknown): string {
    const end = this.#endOf() ?? this.#reason;
    if (end !== undefined) return end;
    const status = error instanceof SdkHttpError ? ` (HTTP ${error.status})` : '';
    const cause = error instanceof Error && error.cause !== undefined ? ` (${wordsOf(error.cause)})` : '';
    return `${wordsOf(error)}${status}${cause}`;
  }
}

/** Whether the server has forgotten the session, so that the call had no effect: also where another call has found out first. */
export function isSessionGone(error: unknown): boolean {
  const why = error instanceof Error && !(error instanceof SdkHttpError) ? error.cause : error;
  return why instanceof SdkHttpError && why.status === 404;
}
