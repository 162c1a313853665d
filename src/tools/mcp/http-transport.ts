import { AsyncLocalStorage } from 'node:async_hooks';

import {
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type MessageExtraInfo,
  type RequestId,
  type Transport,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';

import { boundedFetch } from './bounded-fetch.js';
import type { HttpServer } from './server-config.js';

/** JSON-RPC's own number for what went wrong within. */
const INTERNAL_ERROR = -32603;
const UNANSWERED = 'it ended its answer to the call without a result';
/** However soon, or late, a server wants to be asked for the rest of a stream that broke. */
const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

interface OpenRequest {
  readonly ending: AbortController;
  /** The answer comes as a stream of events. */
  isStreamed: boolean;
}

/**
 * Speaks with a server by streamable HTTP. Every request is answered, or rejected as soon as no answer can come any more: the
 * client's transport resumes streams that can be resumed, and says nothing of what ends otherwise. A request that is given up has its connection
 * closed.
 */
export class HttpTransport implements Transport {
  readonly hasPerRequestStream = true;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly #inner: StreamableHTTPClientTransport;
  readonly #open = new Map<RequestId, OpenRequest>();
  /** Whose response it is that comes. */
  readonly #sending = new AsyncLocalStorage<OpenRequest>();

  constructor({ url, headers }: HttpServer, onTooLarge: (reason: string) => void) {
    const fetch = boundedFetch(onTooLarge, () => {
      const request = this.#sending.getStore();
      if (request !== undefined) request.isStreamed = true;
    });
    this.#inner = new StreamableHTTPClientTransport(url, {
      ...{ fetch, requestInit: { headers } },
      reconnectionScheduler: (reconnect, ms) => {
        const timer = setTimeout(reconnect, Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, ms)));
        return () => {
          clearTimeout(timer);
        };
      },
    });
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message, extra?: MessageExtraInfo) => {
      this.#take(message, extra);
    };
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  async start(): Promise<void> {
    await this.#inner.start();
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  async send(message: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
    if ('method' in message && 'id' in message) {
      await this.#request(message, options);
      return;
    }
    const sent = this.#inner.send(message);
    if ('method' in message && message.method === 'notifications/cancelled')
      this.#giveUp(message.params?.['requestId']);
    await sent;
  }

  async #request(message: JSONRPCMessage & { readonly id: RequestId }, options: TransportSendOptions): Promise<void> {
    const { id } = message;
    const request: OpenRequest = { ending: new AbortController(), isStreamed: false };
    this.#open.set(id, request);
    const endUnanswered = () => {
      if (!this.#open.delete(id)) return;
      this.onmessage?.({ jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message: UNANSWERED } });
    };
    const { onresumptiontoken } = options;
    try {
      await this.#sending.run(request, () =>
        this.#inner.send(message, {
          ...(onresumptiontoken === undefined ? {} : { onresumptiontoken }),
          requestSignal: request.ending.signal,
          onRequestStreamEnd: endUnanswered,
        }),
      );
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    if (!request.isStreamed) endUnanswered();
  }

  #take(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    if (!('method' in message) && message.id !== undefined) this.#open.delete(message.id);
    this.onmessage?.(message, extra);
  }

  #giveUp(id: unknown): void {
    if (typeof id !== 'number' && typeof id !== 'string') return;
    this.#open.get(id)?.ending.abort();
    this.#open.delete(id);
  }
}
