import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { checkPrices } from '../../../src/cli/checks/check-prices.js';

const TIMES = { breakerOpenSeconds: 30, batchTimes: { windowSeconds: 60, pollSeconds: 60 } };

it('one is told before a start that the file of prices cannot be read, or how many it has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prices-'));
  const pricesFile = join(folder, 'prices.json');
  const look = () => checkPrices({ economy: { ...TIMES, pricesFile } });
  const missing = { state: 'FAIL', blocksStart: true, text: expect.stringContaining('PRICES_FILE') as string };
  expect(await look()).toMatchObject([missing]);
  await writeFile(pricesFile, '{"openai/m": {"inputUsdPerMillion": -1, "outputUsdPerMillion": 1}}');
  expect(await look()).toMatchObject([missing]);
  await writeFile(pricesFile, '{"openai/m": {"inputUsdPerMillion": 1, "outputUsdPerMillion": 1}}');
  expect(await look()).toEqual([{ state: 'ok', subject: 'Prices', text: 'PRICES_FILE has those of 1 model.' }]);
  expect(await checkPrices({ economy: TIMES })).toEqual([]);
  await rm(folder, { recursive: true });
});
