import { z } from 'zod';

import { DELIVERIES } from '../agents/agent.js';
import { MAX_VERSIONS, ROLLOUT_MODES } from '../definitions/rollout.js';
import { DEFINITION_LIMITS } from '../definitions/definition-limits.js';
import { isJsonObject } from '../json/json.js';
import { budgetShape } from './budget-shape.js';
import { anyJson, listOf, shape, text, textsByName } from './input-shape.js';
import { llmConfigShape } from './llm-config-schema.js';

/** The parts of a definition in the form of `WorkflowDefinitionInput`. What lists hold has a shape of its own, or is a rule. */

const { idLength, mapping, rules, descriptionLength } = DEFINITION_LIMITS;

const id = text(idLength);

const retryConfig = shape({
  maxAttempts: z.number(),
  backoffSeconds: z.number(),
  retryOnErrors: listOf(text(100), 50).exactOptional(),
});

const agentUse = {
  agentId: id,
  agentVersion: z.number().exactOptional(),
  enabled: z.boolean().default(true),
  model: text(200).exactOptional(),
  llmConfig: llmConfigShape.exactOptional(),
  inputMapping: textsByName(mapping).default({}),
  outputMapping: textsByName(mapping).default({}),
  timeoutSeconds: z.number().exactOptional(),
  retryConfig: retryConfig.exactOptional(),
  delivery: z.enum(DELIVERIES).exactOptional(),
  rollout: shape({ mode: z.enum(ROLLOUT_MODES), percent: z.number().default(100) }).exactOptional(),
  agentVersions: listOf(shape({ version: z.number(), percent: z.number() }), MAX_VERSIONS).exactOptional(),
};

const agentTransition = shape({ ...agentUse, required: z.boolean().default(true) });

export const placeAgentShape = shape({
  ...agentUse,
  id: id.exactOptional(),
  workflowId: id.exactOptional(),
  placeId: id,
  triggerConditions: listOf(anyJson, rules).default([]),
  autoTransition: id.exactOptional(),
  schedule: shape({
    initialDelaySeconds: z.number().exactOptional(),
    intervalSeconds: z.number().exactOptional(),
    maxExecutions: z.number().exactOptional(),
  }).exactOptional(),
});

export const transitionShape = shape({
  id,
  name: text(200).exactOptional(),
  description: text(descriptionLength).exactOptional(),
  fromPlaces: listOf(id, DEFINITION_LIMITS.places),
  toPlace: id,
  trigger: z.enum(['manual', 'automatic']).default('manual'),
  conditions: listOf(id, rules).default([]),
  rules: listOf(anyJson, rules).default([]),
  agentExecution: agentTransition.exactOptional(),
});

export const workflowShape = shape({
  id: id.exactOptional(),
  name: text(200),
  description: text(descriptionLength).exactOptional(),
  places: listOf(id, DEFINITION_LIMITS.places),
  initialPlace: id,
  transitions: listOf(anyJson, DEFINITION_LIMITS.transitions),
  rules: z
    .custom<Readonly<Record<string, unknown>>>(isJsonObject, 'must be an object of rules by name')
    .refine(
      (named) => Object.keys(named).length <= DEFINITION_LIMITS.namedRules,
      `must have at most ${DEFINITION_LIMITS.namedRules} entries`,
    )
    .pipe(z.record(z.string(), anyJson))
    .default({}),
  placeAgents: listOf(anyJson, DEFINITION_LIMITS.placeAgents).default([]),
  budget: budgetShape.exactOptional(),
});
