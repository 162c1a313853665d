import { createHash } from 'node:crypto';

import { WebSocket } from 'ws';

import type { StreamEvent } from '../../src/core/streams/stream-event.js';

/** A viewer that follows the rules of the stream: what it shows at any time is `text`. */
export class StreamViewer {
  readonly events: StreamEvent[] = [];
  text = '';
  #turn = 0;
  #socket: WebSocket | undefined;

  /** Watches over WebSocket from the cursor it has; resolves with the close code. */
  watch(address: string, executionId: string): Promise<number> {
    const cursor = this.events.at(-1)?.sequence;
    const query = cursor === undefined ? '' : `?after=${cursor}`;
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/agent-stream/${executionId}${query}`);
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.take(JSON.parse(data.toString('utf8')) as StreamEvent);
    });
    return new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.on('close', resolve);
    });
  }

  leave(): void {
    this.#socket?.terminate();
  }

  get last(): StreamEvent | undefined {
    return this.events.at(-1);
  }

  get attempts(): number {
    return this.events.filter((event) => event.eventType === 'attempt_started').length;
  }

  get chunks(): number {
    return this.events.filter((event) => event.eventType === 'content_chunk').length;
  }

  /** Resolves when so many chunks have arrived. */
  async sawChunks(count: number): Promise<void> {
    while (this.chunks < count) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  take(event: StreamEvent): void {
    this.events.push(event);
    if (event.eventType === 'attempt_started' || event.turn > this.#turn) this.text = '';
    this.#turn = event.turn;
    if (event.eventType === 'content_chunk') this.text += event.content;
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Sequences rise without repeats; exactly one event ends the stream, and it is the last. */
export function streamFaults(events: readonly StreamEvent[]): readonly string[] {
  const faults = events.flatMap((event, index) => {
    const previous = events[index - 1];
    return previous !== undefined && event.sequence <= previous.sequence
      ? [`${event.sequence} after ${previous.sequence}`]
      : [];
  });
  const terminal = events.filter(({ eventType }) => eventType === 'completed' || eventType === 'failed');
  if (terminal.length !== 1) faults.push(`${terminal.length} terminal events`);
  if (terminal[0] !== events.at(-1)) faults.push('something follows the terminal event');
  return faults;
}
