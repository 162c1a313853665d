import { z } from 'zod';

import { CACHE_SCOPES, checkAnswerCache } from '../agents/answer-cache.js';
import { LONGEST_APPROVAL_SECONDS, unknownApprovals } from '../agents/approval-required.js';
import { FALLBACK_CODES } from '../codes.js';
import { DELIVERIES, MOST_FALLBACKS, PROVIDER_TYPES, type AgentContent } from '../agents/agent.js';
import { checkDelivery } from '../agents/delivery.js';
import { checkInput, checkJson } from '../json/check-json.js';
import { budgetShape, checkBudget } from './budget-shape.js';
import { checkFallbacks } from './check-fallbacks.js';
import { checkPrompts } from './check-prompts.js';
import { checkProvider } from './check-provider.js';
import type { Problem } from '../json/problem.js';
import { ID_RULE, isId } from '../ids.js';
import { jsonObject, listOf, shape, text, textsByName } from './input-shape.js';
import { jsonPointer } from '../json/json-pointer.js';
import type { JsonObject } from '../json/json.js';
import { checkLlmConfig, llmConfigShape } from './llm-config-schema.js';
import type { Parsed } from '../json/parsed.js';
import { problemsOf } from './schema-problems.js';

const DEFAULT_MAX_TURNS = 10;
const MAX_TURNS = 100;
const MAX_TOOL_CALLS = 1000;
const MAX_PROMPT_LENGTH = 200_000;
const MAX_SCHEMA_LENGTH = 100_000;

const provider = shape({
  type: z.enum(PROVIDER_TYPES),
  model: text(200),
  baseUrl: text(2000).exactOptional(),
  headers: textsByName({ entries: 50, length: 4000 }).default({}),
  credential: text(200).exactOptional(),
  options: jsonObject.default({}),
});

const fallback = shape({
  llmProvider: provider,
  on: listOf(z.enum(FALLBACK_CODES), FALLBACK_CODES.length).exactOptional(),
});

const prompts = shape({
  system: z.string().max(MAX_PROMPT_LENGTH),
  userTemplate: text(MAX_PROMPT_LENGTH),
  contextInstructions: z.string().max(MAX_PROMPT_LENGTH).exactOptional(),
});

/** An agent in the form of `AgentInput`. */
export const agentShape = shape({
  id: text(1000).exactOptional(),
  name: text(200),
  description: z.string().max(10_000).default(''),
  llmProvider: provider,
  fallbacks: listOf(fallback, MOST_FALLBACKS).exactOptional(),
  llmConfig: llmConfigShape.default({}),
  prompts,
  capabilities: listOf(text(100), 100).default([]),
  tools: listOf(text(200), 100).default([]),
  outputSchema: jsonObject.exactOptional(),
  allowedWorkflows: listOf(text(1000), 1000).exactOptional(),
  maxTurns: z.number().default(DEFAULT_MAX_TURNS),
  maxToolCalls: z.number().exactOptional(),
  approvalRequired: listOf(text(200), 100).exactOptional(),
  approvalTimeoutSeconds: z.number().exactOptional(),
  cache: shape({ ttlSeconds: z.number(), scope: z.enum(CACHE_SCOPES).default('AGENT') }).exactOptional(),
  strictParameters: z.boolean().default(false),
  budget: budgetShape.exactOptional(),
  delivery: z.enum(DELIVERIES).exactOptional(),
  maxWaitSeconds: z.number().exactOptional(),
});

export interface AgentInput {
  /** Absent: to be made from the name. */
  readonly id?: string;
  readonly content: AgentContent;
}

/**
 * Reads an agent in the form of `AgentInput`, with everything that is wrong with it but its output schema and the names of
 * its tools: see checkAgentInput. Null members count as absent.
 */
export function parseAgentInput(input: unknown): Parsed<AgentInput> {
  const jsonProblems = problemsOfJson(input);
  if (jsonProblems.length > 0) return { problems: jsonProblems };
  const parsed = agentShape.safeParse(input);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const { id, ...content } = parsed.data;
  const problems = [...(id === undefined ? [] : badId(id, '/id')), ...checkAgent(content)];
  const value = id === undefined ? { content } : { id, content };
  return problems.length > 0 ? { problems, draft: value } : { value };
}

/** Bounds that a schema sets may be rounded: some languages write those of all their numbers into it. */
const BOUND = /^\/outputSchema\/.*\/(?:exclusiveM|m)(?:ax|in)imum$/;

function problemsOfJson(input: unknown): readonly Problem[] {
  const problems = checkJson(input);
  if (problems.length > 0) return problems;
  return checkInput(input).filter(({ pointer }) => !BOUND.test(pointer));
}

function checkAgent(content: AgentContent): readonly Problem[] {
  return [
    ...checkProvider(content.llmProvider).map((found) => ({ ...found, pointer: `/llmProvider${found.pointer}` })),
    ...checkFallbacks(content),
    ...checkLlmConfig(content.llmConfig, '/llmConfig'),
    ...checkPrompts(content.prompts, '/prompts'),
    ...checkCount(content.maxTurns, MAX_TURNS, '/maxTurns'),
    ...(content.maxToolCalls === undefined ? [] : checkCount(content.maxToolCalls, MAX_TOOL_CALLS, '/maxToolCalls')),
    ...unknownApprovals(content.approvalRequired ?? [], content.tools),
    ...checkApprovalTimeout(content.approvalTimeoutSeconds),
    ...checkBudget(content.budget, '/budget'),
    ...checkAnswerCache(content.cache, content.tools),
    ...checkDelivery(content),
    ...(content.allowedWorkflows ?? []).flatMap((id, index) => badId(id, jsonPointer(['allowedWorkflows', index]))),
    ...(content.outputSchema === undefined ? [] : checkOutputSchema(content.outputSchema)),
  ];
}

function badId(id: string, pointer: string): readonly Problem[] {
  return isId(id) ? [] : [{ code: 'INVALID_VALUE', pointer, message: ID_RULE }];
}

function checkCount(count: number, most: number, pointer: string): readonly Problem[] {
  const isInRange = count >= 1 && count <= most;
  if (isInRange && Number.isInteger(count)) return [];
  const message = `must be a whole number from 1 to ${most}`;
  return [{ code: isInRange ? 'INVALID_VALUE' : 'OUT_OF_RANGE', pointer, message }];
}

function checkApprovalTimeout(seconds: number | undefined): readonly Problem[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= LONGEST_APPROVAL_SECONDS)) return [];
  const message = `must be from 1 to ${LONGEST_APPROVAL_SECONDS} seconds`;
  return [{ code: 'OUT_OF_RANGE', pointer: '/approvalTimeoutSeconds', message }];
}

/** Whether it is a schema at all is for the SchemaChecker: to find out may take long. */
function checkOutputSchema(schema: JsonObject): readonly Problem[] {
  if (JSON.stringify(schema).length <= MAX_SCHEMA_LENGTH) return [];
  const message = `may have at most ${MAX_SCHEMA_LENGTH} characters as JSON`;
  return [{ code: 'OUTPUT_SCHEMA_TOO_COSTLY', pointer: '/outputSchema', message }];
}
