import { watchExecution } from '../../src/client/index.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { WebSocket } from 'ws';

import { StreamViewer } from './stream-viewer.js';

const DOORS = ['WebSocket', 'client'] as const;

export type ViewingDoor = (typeof DOORS)[number];

/** One takes a server for gone that gives no sign for so long. */
const GIVES_UP_MS = 15_000;
const PAUSE_MS = 300;

/** Whoever watches to the end by one door, whatever happens on the way, and notes how long there was no sign of anything. */
export class PersistentViewer {
  readonly door: ViewingDoor;
  readonly executionId: string;
  readonly #address: string;
  readonly #viewer = new StreamViewer();
  text = '';
  signs = 0;
  longestMs = 0;
  isOver = false;
  #lastAt = performance.now();

  constructor(door: ViewingDoor, address: string, executionId: string) {
    [this.door, this.#address, this.executionId] = [door, address, executionId];
  }

  /** One by each door. */
  static byAllDoors(address: string, executionId: string): readonly PersistentViewer[] {
    return DOORS.map((door) => new PersistentViewer(door, address, executionId));
  }

  async watch(): Promise<void> {
    this.#lastAt = performance.now();
    await (this.door === 'client' ? this.#byClient() : this.#bySockets());
    this.isOver = true;
  }

  /** Its reconnections are signs, too: whoever watches is told why. Comments it keeps to itself. */
  async #byClient(): Promise<void> {
    const counted: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      const heard = new TransformStream<Uint8Array, Uint8Array>({
        transform: (bytes, passedOn) => {
          this.#sign();
          passedOn.enqueue(bytes);
        },
      });
      return response.body === null ? response : new Response(response.body.pipeThrough(heard), response);
    };
    const watched = watchExecution({
      url: this.#address,
      executionId: this.executionId,
      fetch: counted,
      onReconnect: () => {
        this.#sign();
      },
    });
    await watched.finished();
    this.text = watched.view.text;
  }

  async #bySockets(): Promise<void> {
    while (this.#viewer.last?.eventType !== 'completed' && this.#viewer.last?.eventType !== 'failed') {
      await this.#bySocket();
      this.#sign();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    this.text = this.#viewer.text;
  }

  async #bySocket(): Promise<void> {
    const cursor = this.#viewer.last?.sequence;
    const query = cursor === undefined ? '' : `?after=${cursor}`;
    const socket = new WebSocket(`${this.#address.replace(/^http/, 'ws')}/agent-stream/${this.executionId}${query}`);
    const patience = setInterval(() => {
      if (performance.now() - this.#lastAt > GIVES_UP_MS) socket.terminate();
    }, PAUSE_MS);
    socket.on('message', (data: Buffer) => {
      this.#sign();
      this.#viewer.take(JSON.parse(data.toString('utf8')) as StreamEvent);
    });
    socket.on('ping', () => {
      this.#sign();
    });
    await new Promise((resolve) => {
      socket.on('error', () => undefined).on('close', resolve);
    });
    clearInterval(patience);
  }

  #sign(): void {
    this.signs += 1;
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.#lastAt);
    this.#lastAt = now;
  }
}
