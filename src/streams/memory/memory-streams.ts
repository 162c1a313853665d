import type { StreamEntry, StreamWake } from '../stream-log.js';
import type { StreamTail } from '../entries/stream-tail.js';
import { Watchers } from '../entries/watchers.js';

export interface MemoryEntry extends StreamTail {
  /** The bodies as JSON: what tells a repeated append from another one. */
  readonly content: string;
  readonly entry: StreamEntry;
}

/** What several logs within one process share: it stands where others have a server. */
export class MemoryStreams {
  readonly #logs = new Map<string, MemoryEntry[]>();
  readonly #watchers = new Watchers();

  entries(executionId: string): readonly MemoryEntry[] {
    return this.#logs.get(executionId) ?? [];
  }

  add(executionId: string, added: MemoryEntry): void {
    const log = this.#logs.get(executionId);
    if (log === undefined) this.#logs.set(executionId, [added]);
    else log.push(added);
    // Later, as over a network: a watcher that reads at once must not run inside the append.
    queueMicrotask(() => {
      this.#watchers.wake(executionId, { kind: 'entry', entry: added.entry });
    });
  }

  /** Drops all entries that begin at this sequence or later. */
  cut(executionId: string, from: number): void {
    const kept = this.entries(executionId).filter(({ first }) => first < from);
    if (kept.length === 0) this.#logs.delete(executionId);
    else this.#logs.set(executionId, kept);
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    return this.#watchers.add(executionId, onWake);
  }
}
