import { z } from 'zod';

import { checkInput } from '../json/check-json.js';
import type { PlaceAgent, Transition, WorkflowContent } from '../definitions/definition.js';
import { definitionTooLarge } from './definition-size.js';
import type { Problem } from '../json/problem.js';
import { ID_RULE, isId } from '../ids.js';
import { anyJson, listOf, shape, text, textsByName } from './input-shape.js';
import { jsonPointer } from '../json/json-pointer.js';
import type { JsonValue } from '../json/json.js';
import { llmConfigShape } from './llm-config-schema.js';
import { parseRule } from './rule-schema.js';
import type { Rule } from '../rules/rule.js';
import type { Parsed } from '../json/parsed.js';
import { problemsOf } from './schema-problems.js';

/** What a definition may hold. More than any net that people can follow; few enough to check in milliseconds. */
const MAX_PLACES = 500;
const MAX_TRANSITIONS = 1000;
const MAX_RULES = 100;
const MAX_NAMED_RULES = 500;
const MAX_PLACE_AGENTS = 500;
const MAPPING_SIZE = { entries: 200, length: 500 };

const retryConfig = shape({
  maxAttempts: z.number(),
  backoffSeconds: z.number(),
  retryOnErrors: listOf(text(100), 50).exactOptional(),
});

const agentUse = {
  agentId: text(1000),
  agentVersion: z.number().exactOptional(),
  enabled: z.boolean().default(true),
  model: text(200).exactOptional(),
  llmConfig: llmConfigShape.exactOptional(),
  inputMapping: textsByName(MAPPING_SIZE).default({}),
  outputMapping: textsByName(MAPPING_SIZE).default({}),
  timeoutSeconds: z.number().exactOptional(),
  retryConfig: retryConfig.exactOptional(),
};

const agentTransition = shape({ ...agentUse, required: z.boolean().default(true) });

const placeAgent = shape({
  ...agentUse,
  id: text(1000).exactOptional(),
  workflowId: text(1000).exactOptional(),
  placeId: text(1000),
  triggerConditions: listOf(anyJson, MAX_RULES).default([]),
  autoTransition: text(1000).exactOptional(),
  schedule: shape({
    initialDelaySeconds: z.number().exactOptional(),
    intervalSeconds: z.number().exactOptional(),
    maxExecutions: z.number().exactOptional(),
  }).exactOptional(),
});

const transition = shape({
  id: text(1000),
  name: text(200).exactOptional(),
  description: text(10_000).exactOptional(),
  fromPlaces: listOf(text(1000), MAX_PLACES),
  toPlace: text(1000),
  trigger: z.enum(['manual', 'automatic']).default('manual'),
  conditions: listOf(text(1000), MAX_RULES).default([]),
  rules: listOf(anyJson, MAX_RULES).default([]),
  agentExecution: agentTransition.exactOptional(),
});

const workflow = shape({
  id: text(1000).exactOptional(),
  name: text(200),
  description: text(10_000).exactOptional(),
  places: listOf(text(1000), MAX_PLACES),
  initialPlace: text(1000),
  transitions: listOf(transition, MAX_TRANSITIONS),
  rules: z
    .record(z.string(), anyJson, 'must be an object of rules by name')
    .refine((rules) => Object.keys(rules).length <= MAX_NAMED_RULES, `must have at most ${MAX_NAMED_RULES} entries`)
    .default({}),
  placeAgents: listOf(placeAgent, MAX_PLACE_AGENTS).default([]),
});

export interface WorkflowInput {
  /** Absent: to be made from the name. */
  readonly id?: string;
  readonly content: WorkflowContent;
}

/**
 * Reads a workflow definition in the form of `WorkflowDefinitionInput`. Null members count as absent. Checks its form
 * and its rules; what the rest of it means is checked by `checkWorkflow`.
 */
export function parseWorkflowInput(input: unknown): Parsed<WorkflowInput> {
  const jsonProblems = checkInput(input);
  if (jsonProblems.length > 0) return { problems: jsonProblems };
  const parsed = workflow.safeParse(input);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const { id, ...shaped } = parsed.data;
  const { content, problems: ruleProblems } = readRules(shaped);
  const value: WorkflowInput = id === undefined ? { content } : { id, content };
  const found = [...definitionTooLarge(content), ...ruleProblems];
  const problems = id === undefined || isId(id) ? found : [BAD_ID, ...found];
  return problems.length === 0 ? { value } : { problems, draft: value };
}

const BAD_ID: Problem = { code: 'INVALID_VALUE', pointer: '/id', message: ID_RULE };

type ShapedTransition = z.infer<typeof transition>;
type ShapedWorkflow = Omit<z.infer<typeof workflow>, 'id'>;

function readRules(shaped: ShapedWorkflow): { content: WorkflowContent; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = (input: JsonValue, pointer: string): Rule => {
    const parsed = parseRule(input, pointer);
    if ('value' in parsed) return parsed.value;
    problems.push(...parsed.problems);
    return NEVER;
  };
  const rules = Object.fromEntries(
    Object.entries(shaped.rules).map(([name, rule]) => [name, read(rule, jsonPointer(['rules', name]))]),
  );
  const transitions = shaped.transitions.map((each: ShapedTransition, index): Transition => ({
    ...each,
    rules: each.rules.map((rule, nth) => read(rule, jsonPointer(['transitions', index, 'rules', nth]))),
  }));
  const placeAgents = shaped.placeAgents.map((each, index) =>
    placeAgentOf(each, (rule, nth) => read(rule, jsonPointer(['placeAgents', index, 'triggerConditions', nth]))),
  );
  return { content: { ...shaped, transitions, rules, placeAgents }, problems };
}

/** Its workflow is the one that it is given in, whatever it says; without an id it is called after its place and agent. */
function placeAgentOf(
  { workflowId: _given, id, ...use }: z.infer<typeof placeAgent>,
  read: (rule: JsonValue, nth: number) => Rule,
): PlaceAgent {
  return { ...use, id: id ?? `${use.placeId}:${use.agentId}`, triggerConditions: use.triggerConditions.map(read) };
}

/** A place agent on its own, in the form of `PlaceAgentConfigInput`. */
export function parsePlaceAgentInput(input: unknown): Parsed<PlaceAgentInput> {
  const jsonProblems = checkInput(input);
  if (jsonProblems.length > 0) return { problems: jsonProblems };
  const parsed = placeAgent.safeParse(input);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const problems: Problem[] = [];
  const agent = placeAgentOf(parsed.data, (rule, nth) => {
    const result = parseRule(rule, jsonPointer(['triggerConditions', nth]));
    if ('value' in result) return result.value;
    problems.push(...result.problems);
    return NEVER;
  });
  const { workflowId } = parsed.data;
  if (workflowId === undefined) {
    problems.push({ code: 'REQUIRED', pointer: '/workflowId', message: 'is needed: which workflow has the place?' });
  }
  const value = { workflowId: workflowId ?? '', agent };
  return problems.length === 0 ? { value } : { problems, draft: value };
}

export interface PlaceAgentInput {
  readonly workflowId: string;
  readonly agent: PlaceAgent;
}

/** Stands where a rule is that could not be read. Holds for no token. */
const NEVER: Rule = { type: 'Or', rules: [] };
