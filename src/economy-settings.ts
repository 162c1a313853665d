import { z } from 'zod';

/** What model calls may cost, and what spares them. */
export interface EconomySettings {
  /** The file of one's own prices of models. */
  readonly pricesFile?: string;
}

export const ECONOMY_VARIABLES = {
  PRICES_FILE: z.string().optional(),
};

/** From variables that were found good. */
export function economySettings(values: EconomyValues): EconomySettings {
  const { PRICES_FILE: pricesFile } = values;
  return pricesFile === undefined ? {} : { pricesFile };
}

type EconomyValues = z.infer<z.ZodObject<typeof ECONOMY_VARIABLES>>;
