import type { StreamEvent } from '../../../core/streams/stream-event.js';
import type { StreamViewer } from '../../../streams/reading/viewer.js';

/**
 * A viewer as the async iterator that GraphQL subscriptions want. Not a generator: one that waits does not run its
 * `finally` when the consumer leaves; here `return` settles the pending `next`.
 */
export function viewerEvents(viewer: StreamViewer): AsyncIterableIterator<StreamEvent> {
  let batch: readonly StreamEvent[] = [];
  let index = 0;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (index >= batch.length) {
        batch = (await viewer.next()) ?? [];
        index = 0;
      }
      const value = batch[index];
      index += 1;
      return value === undefined ? { value: undefined, done: true } : { value, done: false };
    },
    return() {
      viewer.leave();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}
