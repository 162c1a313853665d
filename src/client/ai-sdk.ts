import type { Access } from './access.js';
import { UiMessageChunks, type UiMessageChunk } from './ui-message-chunks.js';
import { watchExecution } from './watch-execution.js';

export type { Access } from './access.js';
export { StreamError, type ApiErrorCode, type ApiErrorFacts } from './stream-error.js';
export type { ExecutionMetadata, UiMessageChunk } from './ui-message-chunks.js';

/** What the AI SDK says of a message that is sent. */
export interface SentMessages<Message> {
  readonly chatId: string;
  readonly messages: readonly Message[];
  readonly trigger: 'submit-message' | 'regenerate-message';
  /** Of `regenerate-message`: the message that is to be made again. */
  readonly messageId: string | undefined;
  /** As the page gave it to `sendMessage`. */
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExecutionTransportOptions<Message> {
  /** Where the API is, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Has your server begin an execution for what was said. Resolves with its id. */
  readonly start: (sent: SentMessages<Message>) => Promise<string>;
  /** After the page was loaded again: the execution of a chat whose answer may be on its way. */
  readonly resume?: (chatId: string) => Promise<string | undefined>;
  /** Where callers have to show who they are. */
  readonly access?: (executionId: string) => Access;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: the platform's own. */
  readonly fetch?: typeof fetch;
}

interface Sending<Message> {
  readonly chatId: string;
  readonly messages: Message[];
  readonly trigger: 'submit-message' | 'regenerate-message';
  readonly messageId: string | undefined;
  readonly abortSignal: AbortSignal | undefined;
  readonly body?: object | undefined;
}

/**
 * A transport for `useChat` of the AI SDK, from version 7 on: each answer is an execution that is watched. Its message has the
 * execution's id and ends with the stored answer: what a lost attempt leaves is removed from it (`reset-step`).
 *
 * A connection that is lost comes again with its cursor, and the chat does not notice. `stop()` ends the watching, not the execution.
 *
 * @example
 * ```ts
 * import { ExecutionTransport } from 'circuit-breaker/ai-sdk';
 *
 * // For `useChat({ transport })`.
 * export const transport = new ExecutionTransport({
 *   url: 'http://127.0.0.1:4000',
 *   start: async ({ messages }) => {
 *     const response = await fetch('/answers', { method: 'POST', body: JSON.stringify(messages.at(-1)) });
 *     return await response.text();
 *   },
 * });
 * ```
 */
export class ExecutionTransport<Message = unknown> {
  /** What `reconnectToStream` gives is the whole message: what is shown of it goes first. */
  readonly resumeStreamIsReplay = true;
  readonly #options: ExecutionTransportOptions<Message>;
  /** The newest of each chat. */
  readonly #executions = new Map<string, string>();

  constructor(options: ExecutionTransportOptions<Message>) {
    this.#options = options;
  }

  /** Begins an execution. The stream fails with a StreamError when the server refuses for good. */
  async sendMessages(sending: Sending<Message>): Promise<ReadableStream<UiMessageChunk>> {
    const { abortSignal: signal, ...sent } = sending;
    const executionId = await this.#options.start({ ...sent, signal });
    this.#executions.set(sending.chatId, executionId);
    return this.#stream(executionId, signal);
  }

  /** The whole message of the chat's newest execution, and what follows; null where none is known. */
  async reconnectToStream(chat: {
    readonly chatId: string;
    readonly abortSignal?: AbortSignal | undefined;
  }): Promise<ReadableStream<UiMessageChunk> | null> {
    const executionId = this.#executions.get(chat.chatId) ?? (await this.#options.resume?.(chat.chatId));
    if (executionId === undefined) return null;
    this.#executions.set(chat.chatId, executionId);
    return this.#stream(executionId, chat.abortSignal);
  }

  #stream(executionId: string, signal = new AbortController().signal): ReadableStream<UiMessageChunk> {
    const leaving = new AbortController();
    const leave = () => {
      leaving.abort();
    };
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    const chunks = this.#chunks(executionId, leaving.signal);
    const isOver = () => {
      signal.removeEventListener('abort', leave);
    };
    return new ReadableStream<UiMessageChunk>({
      pull: async (controller) => {
        const { done, value } = await chunks.next().catch((error: unknown) => {
          isOver();
          throw error;
        });
        if (done !== true) controller.enqueue(value);
        else {
          isOver();
          controller.close();
        }
      },
      cancel: () => {
        isOver();
        leave();
      },
    });
  }

  async *#chunks(executionId: string, signal: AbortSignal): AsyncGenerator<UiMessageChunk, void, undefined> {
    const { url, access, headers, fetch: own } = this.#options;
    const shown = access && { access: access(executionId) };
    const watched = watchExecution({
      url,
      executionId,
      signal,
      ...shown,
      ...(headers && { headers }),
      ...(own && { fetch: own }),
    });
    const chunks = new UiMessageChunks();
    try {
      for await (const event of watched) yield* chunks.take(event);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
