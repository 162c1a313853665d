import type { Consumer, ConsumerMessages } from '@nats-io/jetstream';

import { decodeEntry, type NatsEntry } from './nats-entry.js';

/** Entries are taken until it says that there are enough. */
export type TakeEntry = (entry: NatsEntry) => 'more' | 'enough';

export interface Walk {
  /** The position of the last entry. */
  readonly to: number;
  /** How many entries will be enough, as far as one can tell: so many are fetched at first, and ever more after that. */
  readonly expected: number;
  readonly mostPerFetch: number;
  /** Whether the last entry is there still. */
  readonly isThere: () => Promise<boolean>;
}

/** Each fetch asks for so many times more than the one before. */
const GROWTH = 8;
/** The server ends a fetch after so long, whatever has come. */
const FETCH_MS = 5000;
/** A server that has neither sent anything nor ended the fetch by then will do neither. */
const SILENCE_MS = FETCH_MS + 1000;

/**
 * Takes a consumer's entries in order up to one, fetch by fetch. Ends early where the log has been removed meanwhile.
 * Throws when the server falls silent.
 */
export async function walkEntries(consumer: Pick<Consumer, 'fetch'>, walk: Walk, take: TakeEntry): Promise<void> {
  let size = Math.min(walk.expected, walk.mostPerFetch);
  for (;;) {
    const messages = await consumer.fetch({ max_messages: size, expires: FETCH_MS });
    const taken = await takeFetched(messages, walk.to, take);
    if (taken === 'all' || (taken < size && !(await walk.isThere()))) return;
    if (taken === 0) throw new Error('it keeps entries back');
    size = Math.min(size * GROWTH, walk.mostPerFetch);
  }
}

/** How many there were; `all` when no more are wanted. */
async function takeFetched(messages: ConsumerMessages, to: number, take: TakeEntry): Promise<number | 'all'> {
  let count = 0;
  const silence = setTimeout(() => {
    messages.stop(new Error('it does not answer'));
  }, SILENCE_MS);
  try {
    for await (const { seq, data } of messages) {
      silence.refresh();
      if (seq > to || take(decodeEntry(seq, data)) === 'enough' || seq === to) return 'all';
      count += 1;
    }
    return count;
  } finally {
    clearTimeout(silence);
  }
}
