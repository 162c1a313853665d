import type { Caller } from '../../core/access/caller.js';
import type { Token } from '../../core/tokens/token.js';
import { limitedStorage } from '../../storage/limited-storage.js';
import type { Storage } from '../../storage/storage.js';
import type { ApiParts } from '../api-parts.js';

/** A page is answered within a moment, whatever is away. */
const PATIENCE_MS = 1000;
const SHOWN_TOKENS = 10;

/** How things stand at a moment. */
export interface Surroundings {
  /** Newest first; undefined: storage does not answer. */
  readonly tokens: readonly Token[] | undefined;
  readonly temporalAnswers: boolean;
  /** What the workers offer, by name; undefined: storage does not answer. */
  readonly tools: readonly string[] | undefined;
  readonly now: string;
}

/**
 * Looks around once for all who ask at the same time: when storage hangs, requests do not queue up behind each other.
 */
export function lookout(
  parts: Pick<ApiParts, 'storage' | 'temporal' | 'now'>,
): (caller: Caller) => Promise<Surroundings> {
  const { storage, temporal, now } = parts;
  const newest = (of: Storage) => async () => (await of.tokens.list({}, { first: SHOWN_TOKENS })).items;
  const tokens = shared(newest(storage));
  const ping = shared(async () => {
    await temporal.ping();
    return true;
  });
  const offers = shared(() => storage.tools.offers());
  return async ({ workflows }) => {
    const own = workflows === undefined ? tokens : newest(limitedStorage(storage, workflows));
    const [items, temporalAnswers = false, offered] = await Promise.all([
      inTime(own()),
      inTime(ping()),
      inTime(offers()),
    ]);
    const tools = offered?.map(({ name }) => name);
    return { tokens: items?.map(({ item }) => item), temporalAnswers, tools, now: now() };
  };
}

function shared<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** What a promise gives soon; undefined when it fails or takes longer. */
async function inTime<Result>(promise: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, undefined);
  });
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
