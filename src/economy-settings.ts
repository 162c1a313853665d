import { z } from 'zod';

/** What model calls may cost, and what spares them. */
export interface EconomySettings {
  /** The file of one's own prices of models. */
  readonly pricesFile?: string;
  /** How long a model that has failed often is not asked where there is a fallback. */
  readonly breakerOpenSeconds: number;
}

const MOST_SECONDS = 86_400;

export const ECONOMY_VARIABLES = {
  PRICES_FILE: z.string().optional(),
  BREAKER_OPEN_SECONDS: z.coerce.number('must be a number of seconds').positive().max(MOST_SECONDS).default(30),
};

/** From variables that were found good. */
export function economySettings(values: EconomyValues): EconomySettings {
  const { PRICES_FILE: pricesFile, BREAKER_OPEN_SECONDS: breakerOpenSeconds } = values;
  return { ...(pricesFile === undefined ? {} : { pricesFile }), breakerOpenSeconds };
}

type EconomyValues = z.infer<z.ZodObject<typeof ECONOMY_VARIABLES>>;
