import type { StreamEvent, StreamPosition } from '../core/streams/stream-event.js';

/** The chunks of the AI SDK's UI message stream that we send: a part of its `UIMessageChunk`, which is imported from nowhere. */
export type UiMessageChunk =
  | { type: 'start'; messageId: string; messageMetadata: ExecutionMetadata }
  | { type: 'start-step' | 'finish-step' }
  /** From version 7 on: removes what the step has so far. */
  | { type: 'reset-step' }
  | { type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; id: string }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  | { type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown; dynamic: true }
  | { type: 'tool-approval-request'; approvalId: string; toolCallId: string }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }
  | { type: 'tool-output-available'; toolCallId: string; output: unknown; dynamic: true }
  | { type: 'tool-output-denied'; toolCallId: string }
  | { type: 'error'; errorText: string }
  | { type: 'abort'; reason: string }
  | { type: 'finish'; finishReason: 'stop'; messageMetadata: ExecutionMetadata };

/** What the message of an execution has as its `metadata`. */
export interface ExecutionMetadata {
  readonly executionId: string;
  /** Once it has completed. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly totalTokens: number };
}

interface Open {
  readonly kind: 'text' | 'reasoning';
  readonly id: string;
}

type OfType<Type extends StreamEvent['eventType']> = Extract<StreamEvent, { eventType: Type }>;

/** What cannot be said to the AI SDK: it takes for a lost connection what is a TypeError about the network. */
const BEGUN_ANEW = 'network: the execution has begun anew, before what is shown; resume the stream';

/**
 * The events of one execution, from its first, as chunks of one message of the AI SDK: a turn is a step. What a lost attempt leaves is
 * taken back by `reset-step`.
 */
export class UiMessageChunks {
  #step: number | undefined;
  #open: Open | undefined;
  /** Of the step's text. */
  #text = '';
  #isEmpty = true;
  readonly #told = new Set<string>();

  /** What an event comes to. Throws TypeError when an earlier turn begins again, which no chunk takes back. */
  take(event: StreamEvent): readonly UiMessageChunk[] {
    switch (event.eventType) {
      case 'attempt_started':
        return this.#begin(event);
      case 'content_chunk':
        this.#text += event.content;
        return this.#grow('text', event, event.content);
      case 'thinking':
        return this.#think(event);
      case 'tool_call':
        return this.#call(event, event.arguments);
      case 'tool_result':
        return this.#result(event);
      case 'completed':
        return this.#complete(event);
      case 'failed':
        return this.#fail(event);
    }
    // What only a newer server knows.
    return [];
  }

  #begin({ executionId, turn }: StreamPosition): readonly UiMessageChunk[] {
    const before = this.#step;
    const [isEmpty, closing] = [this.#isEmpty, this.#close()];
    this.#text = '';
    this.#isEmpty = true;
    this.#step = turn;
    if (before === turn) return isEmpty ? [] : [...closing, { type: 'reset-step' }];
    this.#told.clear();
    if (before === undefined)
      return [{ type: 'start', messageId: executionId, messageMetadata: { executionId } }, { type: 'start-step' }];
    if (before > turn) throw new TypeError(BEGUN_ANEW);
    return [...closing, { type: 'finish-step' }, { type: 'start-step' }];
  }

  #grow(kind: Open['kind'], event: StreamPosition, delta: string): readonly UiMessageChunk[] {
    if (this.#open?.kind === kind) return [{ type: `${kind}-delta`, id: this.#open.id, delta }];
    const closing = this.#close();
    const id = `${kind}:${event.sequence}`;
    this.#open = { kind, id };
    this.#isEmpty = false;
    return [...closing, { type: `${kind}-start`, id }, { type: `${kind}-delta`, id, delta }];
  }

  #close(): readonly UiMessageChunk[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? [] : [{ type: `${open.kind}-end`, id: open.id }];
  }

  #think(event: OfType<'thinking'>): readonly UiMessageChunk[] {
    const { status, content = '', toolName, toolCallId } = event;
    if (status === 'reasoning' && content !== '') return this.#grow('reasoning', event, content);
    if (status !== 'waiting_for_approval' || toolName === undefined || toolCallId === undefined) return [];
    const call = this.#call({ toolName, toolCallId }, event.arguments);
    return call.length === 0 ? [] : [...call, { type: 'tool-approval-request', approvalId: toolCallId, toolCallId }];
  }

  /** Once, however often its worker told of it. */
  #call({ toolName, toolCallId }: { toolName: string; toolCallId: string }, input: unknown): readonly UiMessageChunk[] {
    if (this.#told.has(toolCallId)) return [];
    this.#told.add(toolCallId);
    this.#isEmpty = false;
    return [...this.#close(), { type: 'tool-input-available', toolCallId, toolName, input, dynamic: true }];
  }

  #result(event: OfType<'tool_result'>): readonly UiMessageChunk[] {
    const { toolCallId, result: output, approval } = event;
    const chunks = [...this.#call(event, approval?.arguments ?? {})];
    if (approval !== undefined) {
      const { reason } = approval;
      const approved = approval.decision === 'approved';
      chunks.push({ type: 'tool-approval-response', approvalId: toolCallId, approved, ...(reason && { reason }) });
      if (!approved) return [...chunks, { type: 'tool-output-denied', toolCallId }];
    }
    return [...chunks, { type: 'tool-output-available', toolCallId, output, dynamic: true }];
  }

  #complete(event: OfType<'completed'>): readonly UiMessageChunk[] {
    const { executionId, final_response: answer, usage } = event;
    const chunks = [...this.#whole(event, answer), ...this.#close()];
    return [
      ...chunks,
      { type: 'finish-step' },
      { type: 'finish', finishReason: 'stop', messageMetadata: { executionId, usage } },
    ];
  }

  /** The stored answer, where what came is another. */
  #whole(event: StreamPosition, answer: string): readonly UiMessageChunk[] {
    if (this.#text === answer) return [];
    const closing = this.#close();
    return [...closing, { type: 'reset-step' }, ...this.#grow('text', event, answer)];
  }

  #fail({ status, error, errorCode }: OfType<'failed'>): readonly UiMessageChunk[] {
    const closing = this.#step === undefined ? [] : [...this.#close(), { type: 'finish-step' } as const];
    if (status === 'cancelled') return [...closing, { type: 'abort', reason: error }];
    return [...closing, { type: 'error', errorText: `${errorCode}: ${error}` }];
  }
}
