import { z } from 'zod';

import { isAllowedIn, type Agent } from '../agents/agent.js';
import { batchRefusal } from '../agents/delivery.js';
import type { AgentUse } from '../definitions/definition.js';
import { shorten } from '../json/preview.js';
import type { Problem } from '../json/problem.js';
import { jsonPointer } from '../json/json-pointer.js';
import { checkLlmConfig } from './llm-config-schema.js';
import { isWritableTarget } from '../executions/mapping.js';
import { EXECUTION_ERROR_CODES } from '../codes.js';
import { isPathKey, parseInputPath } from '../json/path.js';
import { SEED_VARIABLES } from '../executions/prompt-template.js';
import { unfilledPrompts } from './check-prompts.js';
import { problemsOf } from './schema-problems.js';

/** What has to be known of an agent to judge its uses. */
export type KnownAgent = Pick<Agent, 'id' | 'prompts' | 'allowedWorkflows'> &
  Partial<Pick<Agent, 'llmProvider' | 'tools'>>;

interface Use {
  /** The version that is used. Absent: unknown, which is another problem. */
  readonly agent?: Omit<KnownAgent, 'id'>;
  /** Its newest version. */
  readonly newest?: KnownAgent;
  readonly workflowId?: string | undefined;
  /** Of the agent's use in the input. */
  readonly pointer: string;
}

/** What is wrong with the way in which a transition or a place uses an agent: its limits, its mappings, and the agent's templates. */
export function checkAgentUse(use: AgentUse, { agent, newest, workflowId, pointer }: Use): readonly Problem[] {
  return [
    ...checkLimits(use, pointer),
    ...checkLlmConfig(use.llmConfig ?? {}, `${pointer}/llmConfig`),
    ...checkInputMapping(use.inputMapping, `${pointer}/inputMapping`),
    ...checkOutputMapping(use.outputMapping, `${pointer}/outputMapping`),
    ...(newest === undefined || workflowId === undefined ? [] : checkPermission(newest, workflowId, pointer)),
    ...(agent === undefined ? [] : [...checkPrompted(use, agent, pointer), ...checkBatched(use, agent, pointer)]),
  ];
}

/** What the prompts of an agent ask for, and a use of it does not give. */
export function checkPrompted(
  use: AgentUse,
  { prompts }: Pick<KnownAgent, 'prompts'>,
  pointer: string,
): readonly Problem[] {
  const unfilled = unfilledPrompts(prompts, Object.keys(use.inputMapping), `${pointer}/inputMapping`);
  return unfilled.map((found) => ({ ...found, message: `agent "${use.agentId}": ${found.message}` }));
}

/**
 * Whether an agent may run for a workflow. Its newest version decides, also about uses of older ones: an agent is closed to a
 * workflow by changing it.
 */
export function checkPermission(newest: KnownAgent, workflowId: string, pointer: string): readonly Problem[] {
  if (isAllowedIn(newest, workflowId)) return [];
  const message = `agent "${newest.id}" is not allowed in workflow "${workflowId}": see its allowedWorkflows`;
  return [{ code: 'AGENT_FORBIDDEN', pointer: `${pointer}/agentId`, message }];
}

function checkBatched(
  { agentId, delivery }: AgentUse,
  { llmProvider, tools }: Pick<KnownAgent, 'llmProvider' | 'tools'>,
  pointer: string,
): readonly Problem[] {
  if (delivery !== 'batch' || llmProvider === undefined || tools === undefined) return [];
  const refusal = batchRefusal({ llmProvider, tools });
  if (refusal === undefined) return [];
  return [{ code: 'INVALID_VALUE', pointer: `${pointer}/delivery`, message: `agent "${agentId}": ${refusal}` }];
}

const seconds = (least: number, most: number) => {
  const message = `must be from ${least} to ${most} seconds`;
  return z.number().min(least, message).max(most, message);
};

const limits = z.object({
  agentVersion: z.number().int('must be a whole number').min(1, 'versions begin at 1').optional(),
  timeoutSeconds: seconds(0.1, 86_400).optional(),
  retryConfig: z
    .object({
      maxAttempts: z.number().int('must be a whole number').min(1, 'must be 1 to 100').max(100, 'must be 1 to 100'),
      backoffSeconds: seconds(0, 3600),
      retryOnErrors: z
        .array(z.enum(EXECUTION_ERROR_CODES, `must be an error code: ${EXECUTION_ERROR_CODES.join(', ')}`))
        .optional(),
    })
    .optional(),
});

function checkLimits(use: AgentUse, pointer: string): readonly Problem[] {
  const checked = limits.safeParse(use);
  return checked.success ? [] : problemsOf(checked.error, { base: pointer });
}

function checkInputMapping(mapping: AgentUse['inputMapping'], pointer: string): readonly Problem[] {
  return Object.entries(mapping).flatMap(([name, path]): readonly Problem[] => {
    const at = jsonPointer([name], pointer);
    if ((SEED_VARIABLES as readonly string[]).includes(name)) {
      return [
        {
          code: 'INPUT_NAME_RESERVED',
          pointer: at,
          message: `{${name}} has a value in every prompt: use another name`,
        },
      ];
    }
    if (!isPathKey(name))
      return [{ code: 'INVALID_VALUE', pointer: at, message: `"${shorten(name)}" cannot be an input name` }];
    if (parseInputPath(path) !== undefined) return [];
    const message = `"${shorten(path)}" is not a path that starts at data or metadata`;
    return [{ code: 'BAD_PATH', pointer: at, message }];
  });
}

function checkOutputMapping(mapping: AgentUse['outputMapping'], pointer: string): readonly Problem[] {
  return Object.entries(mapping).flatMap(([target, output]) => {
    const at = jsonPointer([target], pointer);
    if (!isWritableTarget(target)) {
      const message = `"${shorten(target)}" cannot be written to: a target is a path such as data.review or metadata.reviewer`;
      return [{ code: 'BAD_PATH', pointer: at, message }];
    }
    if (output.split('.').every(isPathKey)) return [];
    return [{ code: 'BAD_PATH', pointer: at, message: `"${shorten(output)}" is not the name of an output` }];
  });
}
