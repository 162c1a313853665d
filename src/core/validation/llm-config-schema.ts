import { z } from 'zod';

import type { LlmConfig } from '../agents/agent.js';
import type { Problem } from '../json/problem.js';
import { listOf, shape, text } from './input-shape.js';
import { problemsOf } from './schema-problems.js';

/** What an `llmConfig` looks like; whether its values are in range is said by `checkLlmConfig`. */
export const llmConfigShape = shape({
  temperature: z.number().exactOptional(),
  maxTokens: z.number().exactOptional(),
  topP: z.number().exactOptional(),
  frequencyPenalty: z.number().exactOptional(),
  presencePenalty: z.number().exactOptional(),
  stopSequences: listOf(text(1000), 16).exactOptional(),
});

const between = (least: number, most: number) => {
  const message = `must be from ${least} to ${most}`;
  return z.number().min(least, message).max(most, message).optional();
};

const ranges = z.object({
  temperature: between(0, 2),
  maxTokens: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(10_000_000, 'is too large')
    .optional(),
  topP: between(0, 1),
  frequencyPenalty: between(-2, 2),
  presencePenalty: between(-2, 2),
});

export function checkLlmConfig(config: LlmConfig, pointer: string): readonly Problem[] {
  const checked = ranges.safeParse(config);
  return checked.success ? [] : problemsOf(checked.error, { base: pointer });
}
