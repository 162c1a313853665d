import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

import { z } from 'zod';

import { PROVIDER_TYPES } from '../../core/agents/agent.js';
import { badVariables, wordsOf, type CircuitBreakerError } from '../../core/errors.js';
import type { OwnPrices } from './price-table.js';

const LARGEST_BYTES = 1024 * 1024;

const usd = z.number('must be a number of US dollars').min(0, 'must not be negative').max(1_000_000);
const PRICES = z.record(
  z
    .string()
    .regex(
      new RegExp(`^(?:${PROVIDER_TYPES.join('|')})/.`),
      `must be named TYPE/MODEL, the type one of ${PROVIDER_TYPES.join(', ')}`,
    ),
  z.strictObject({
    inputUsdPerMillion: usd,
    outputUsdPerMillion: usd,
    cachedInputUsdPerMillion: usd.optional(),
    cacheWriteInputUsdPerMillion: usd.optional(),
  }),
);

/** Reads the file of one's own prices, JSON. Throws VALIDATION_FAILED that names PRICES_FILE and everything that is wrong. */
export function readPricesFile(path: string): OwnPrices {
  const file = resolve(path);
  const parsed = PRICES.safeParse(jsonIn(file));
  if (parsed.success) return parsed.data as OwnPrices;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(' → ')}: ${wordsIn(issue)}`);
  throw fault(`${file}: ${problems.join('; ')}`);
}

function jsonIn(file: string): unknown {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new Error('is no file');
    if (found.size > LARGEST_BYTES) throw new Error(`has more than ${LARGEST_BYTES} bytes`);
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw fault(`${file} cannot be read as JSON: ${wordsOf(error)}`);
  }
}

function wordsIn(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function fault(message: string): CircuitBreakerError {
  const form =
    '{"openai/gpt-4o": {"inputUsdPerMillion": 2.5, "outputUsdPerMillion": 10, "cachedInputUsdPerMillion": 1.25}}';
  return badVariables([{ name: 'PRICES_FILE', message: `PRICES_FILE: ${message}. It may be ${form}` }]);
}
