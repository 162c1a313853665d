import { z } from 'zod';

/** What model calls may cost, and what spares them. */
export interface EconomySettings {
  /** The file of one's own prices of models. */
  readonly pricesFile?: string;
  /** How long a model that has failed often is not asked where there is a fallback. */
  readonly breakerOpenSeconds: number;
  readonly batchTimes: { readonly windowSeconds: number; readonly pollSeconds: number };
}

const MOST_SECONDS = 86_400;

const seconds = `must be a number of seconds, up to ${MOST_SECONDS}`;
const batchSeconds = z.coerce.number(seconds).min(1, 'must be 1 or more').max(MOST_SECONDS, seconds);

export const ECONOMY_VARIABLES = {
  PRICES_FILE: z.string().optional(),
  BREAKER_OPEN_SECONDS: z.coerce.number(seconds).positive('must be more than 0').max(MOST_SECONDS, seconds).default(30),
  BATCH_WINDOW_SECONDS: batchSeconds.default(60),
  BATCH_POLL_SECONDS: batchSeconds.default(60),
};

/** From variables that were found good. */
export function economySettings(values: EconomyValues): EconomySettings {
  const { PRICES_FILE: pricesFile, BREAKER_OPEN_SECONDS: breakerOpenSeconds } = values;
  const { BATCH_WINDOW_SECONDS: windowSeconds, BATCH_POLL_SECONDS: pollSeconds } = values;
  const batchTimes = { windowSeconds, pollSeconds };
  return { ...(pricesFile === undefined ? {} : { pricesFile }), breakerOpenSeconds, batchTimes };
}

type EconomyValues = z.infer<z.ZodObject<typeof ECONOMY_VARIABLES>>;
