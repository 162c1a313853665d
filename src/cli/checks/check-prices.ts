import type { Config } from '../../config.js';
import { readPricesFile } from '../../providers/pricing/read-prices-file.js';
import { neededFinding, ok, type Finding } from './finding.js';

const SUBJECT = 'Prices';

/** Whether one's own prices can be read, where there are any. */
export async function checkPrices({ economy: { pricesFile } }: Pick<Config, 'economy'>): Promise<readonly Finding[]> {
  if (pricesFile === undefined) return [];
  const look = () => {
    const count = Object.keys(readPricesFile(pricesFile)).length;
    return Promise.resolve(ok(SUBJECT, `PRICES_FILE has those of ${count} ${count === 1 ? 'model' : 'models'}.`));
  };
  return [await neededFinding(SUBJECT, look)];
}
