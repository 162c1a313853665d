/** What the processes of this bench tell each other. */

export const DOORS = ['websocket', 'sse', 'graphql'] as const;
export type Door = (typeof DOORS)[number];

/** How many executions there are, and how many watch each. */
export interface Scene {
  readonly executions: number;
  readonly viewersEach: number;
  readonly chunksPerSecond: number;
  /** One more viewer, of the first execution: begins at the beginning, which is long, and takes nothing. */
  readonly isOnePaused?: boolean;
}

/** What a stream begins with when one is to be paused: more than the kernel takes for one who does not read. */
export const PRELUDE = { chunks: 320, length: 64 * 1024 } as const;

export interface WriterOrder extends Scene {
  readonly streamUrl: string;
  readonly prefix: string;
  readonly seconds: number;
}

export interface ViewersOrder extends Scene {
  readonly address: string;
  readonly door: Door;
  readonly prefix: string;
}

/** Of a window that is measured: deliveries and their latencies in milliseconds, a sample of them. */
export interface Seen {
  readonly deliveries: number;
  readonly latencies: readonly number[];
}

/** Of a process: CPU in µs since the last look, and memory now. */
export interface Usage {
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** One clock for all processes of a machine, in milliseconds. */
export function clock(): number {
  return performance.timeOrigin + performance.now();
}
