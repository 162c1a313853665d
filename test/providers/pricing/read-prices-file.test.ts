import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { readPricesFile } from '../../../src/providers/pricing/read-prices-file.js';

const folder = mkdtempSync(join(tmpdir(), 'prices-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(text: string): string {
  const file = join(folder, 'prices.json');
  writeFileSync(file, text);
  return file;
}

describe('the file of prices', () => {
  it('has prices by type and model', () => {
    const prices = { 'custom/meta/llama-3': { inputUsdPerMillion: 0.1, outputUsdPerMillion: 0 } };
    expect(readPricesFile(written(JSON.stringify(prices)))).toEqual(prices);
  });

  it.each([
    [
      'a price below nothing',
      '{"openai/m": {"inputUsdPerMillion": -1, "outputUsdPerMillion": 1}}',
      'must not be negative',
    ],
    ['a price that is missing', '{"openai/m": {"inputUsdPerMillion": 1}}', 'outputUsdPerMillion'],
    ['a price as a text', '{"openai/m": {"inputUsdPerMillion": "1", "outputUsdPerMillion": 1}}', 'must be a number'],
    ['a name without a type', '{"gpt-4o": {"inputUsdPerMillion": 1, "outputUsdPerMillion": 1}}', 'TYPE/MODEL'],
    ['a member that nobody knows', '{"openai/m": {"input": 1}}', 'input'],
    ['what is no JSON', '{', 'cannot be read as JSON'],
    ['a list', '[]', 'PRICES_FILE'],
  ])('is refused with %s, and says what it may be', (_, text, words) => {
    expect(() => readPricesFile(written(text))).toThrow(words);
    expect(() => readPricesFile(written(text))).toThrow('inputUsdPerMillion');
  });

  it('is refused where there is none', () => {
    expect(() => readPricesFile(join(folder, 'none.json'))).toThrow('PRICES_FILE');
    expect(() => readPricesFile(folder)).toThrow('is no file');
  });
});
