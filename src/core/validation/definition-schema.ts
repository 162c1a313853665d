import type { z } from 'zod';

import { checkInput } from '../json/check-json.js';
import { checkBudget } from './budget-shape.js';
import { DEFINITION_LIMITS } from '../definitions/definition-limits.js';
import type { PlaceAgent, Transition, WorkflowContent } from '../definitions/definition.js';
import { definitionTooLarge } from './definition-size.js';
import { placeAgentShape, transitionShape, workflowShape } from './definition-shapes.js';
import { firstProblems, MAX_PROBLEMS } from '../json/first-problems.js';
import type { Problem } from '../json/problem.js';
import { ID_RULE, isId } from '../ids.js';
import { jsonLength } from '../json/json-length.js';
import { jsonPointer, type JsonPath } from '../json/json-pointer.js';
import { isJsonObject, type JsonValue } from '../json/json.js';
import { parseRule } from './rule-schema.js';
import type { Rule } from '../rules/rule.js';
import { atOnce, type Steps } from '../steps.js';
import type { Parsed } from '../json/parsed.js';
import { problemsOf } from './schema-problems.js';

export interface WorkflowInput {
  /** Absent: to be made from the name. */
  readonly id?: string;
  readonly content: WorkflowContent;
}

/**
 * Reads a workflow definition in the form of `WorkflowDefinitionInput`. Null members count as absent. It is measured first:
 * whatever was sent, the rest takes time in proportion to what a definition may hold. Checks its form and its rules; what the
 * rest of it means is checked by `checkWorkflowSteps`. In steps: a definition may hold thousands of rules and expressions.
 */
export function* workflowInputSteps(input: unknown): Steps<Parsed<WorkflowInput>> {
  const unreadable = unreadableInput(input);
  yield;
  if (unreadable.length > 0) return { problems: unreadable };
  const reader = new PartReader();
  const shaped = reader.shape(workflowShape, input, '');
  const transitions = yield* reader.list(transitionShape, membersOf(input, 'transitions'), '/transitions');
  const placeAgents = yield* reader.list(placeAgentShape, membersOf(input, 'placeAgents'), '/placeAgents');
  if (shaped === undefined || reader.problems.length > 0) return { problems: firstProblems(reader.problems) };
  const { id, ...fields } = shaped;
  const names = Object.keys(fields.rules);
  const named = yield* reader.rules(Object.values(fields.rules), (nth) => ['rules', names[nth] ?? '']);
  const moved: Transition[] = [];
  for (const [index, each] of transitions.entries()) {
    const rules = yield* reader.rules(each.rules, (nth) => ['transitions', index, 'rules', nth]);
    moved.push({ ...each, rules });
  }
  const staying: PlaceAgent[] = [];
  for (const [index, each] of placeAgents.entries()) {
    const path = (nth: number) => ['placeAgents', index, 'triggerConditions', nth];
    staying.push(placeAgentOf(each, yield* reader.rules(each.triggerConditions, path)));
  }
  const content: WorkflowContent = {
    ...fields,
    rules: Object.fromEntries(named.map((rule, nth) => [names[nth] ?? '', rule])),
    transitions: moved,
    placeAgents: staying,
  };
  const value: WorkflowInput = id === undefined ? { content } : { id, content };
  const found = [
    ...(id === undefined || isId(id) ? [] : [BAD_ID]),
    ...checkBudget(content.budget, '/budget'),
    ...definitionTooLarge(content),
    ...reader.problems,
  ];
  return found.length === 0 ? { value } : { problems: firstProblems(found), draft: value };
}

const BAD_ID: Problem = { code: 'INVALID_VALUE', pointer: '/id', message: ID_RULE };

/** What nothing more can be said of: it is larger than any definition, or no JSON that could be stored. */
function unreadableInput(input: unknown): readonly Problem[] {
  const { bytes } = DEFINITION_LIMITS;
  if (jsonLength(input, bytes) <= bytes) return checkInput(input);
  const message = `it takes more than ${bytes} bytes as JSON, which no token could carry: split the workflow`;
  return [{ code: 'DEFINITION_TOO_LARGE', pointer: '', message }];
}

/** The items of a list that is not too long; of anything else, which the shape of the whole refuses, nothing. */
function membersOf(input: unknown, name: 'transitions' | 'placeAgents'): readonly unknown[] {
  const list = isJsonObject(input) ? input[name] : undefined;
  return Array.isArray(list) && list.length <= DEFINITION_LIMITS[name] ? list : [];
}

/** Reads one part of a definition after the other, until there are as many problems as are told. */
class PartReader {
  readonly problems: Problem[] = [];
  #rulesRead = 0;

  shape<Part extends z.ZodType>(part: Part, input: unknown, base: string): z.infer<Part> | undefined {
    const parsed = part.safeParse(input);
    if (parsed.success) return parsed.data;
    this.problems.push(...problemsOf(parsed.error, { base }));
    return undefined;
  }

  *list<Part extends z.ZodType>(part: Part, items: readonly unknown[], base: string): Steps<readonly z.infer<Part>[]> {
    const read: z.infer<Part>[] = [];
    for (const [index, item] of items.entries()) {
      yield;
      if (this.#isFull) break;
      const one = this.shape(part, item, jsonPointer([index], base));
      if (one !== undefined) read.push(one);
    }
    return read;
  }

  *rules(inputs: readonly JsonValue[], pathOf: (nth: number) => JsonPath): Steps<readonly Rule[]> {
    const read: Rule[] = [];
    for (const [nth, input] of inputs.entries()) {
      read.push(this.#rule(input, jsonPointer(pathOf(nth))));
      yield;
    }
    return read;
  }

  #rule(input: JsonValue, pointer: string): Rule {
    this.#rulesRead += 1;
    // Those that stand for the others are counted like them: the definition has too many.
    if (this.#isFull || this.#rulesRead > DEFINITION_LIMITS.ruleParts) return NEVER;
    const parsed = parseRule(input, pointer);
    if ('value' in parsed) return parsed.value;
    this.problems.push(...parsed.problems);
    return NEVER;
  }

  /** One more than are told: that one says that there are more. */
  get #isFull(): boolean {
    return this.problems.length > MAX_PROBLEMS;
  }
}

/** Its workflow is the one that it is given in, whatever it says; without an id it is called after its place and agent. */
function placeAgentOf(
  { workflowId: _given, id, ...use }: z.infer<typeof placeAgentShape>,
  triggerConditions: readonly Rule[],
): PlaceAgent {
  return { ...use, id: id ?? `${use.placeId}:${use.agentId}`, triggerConditions };
}

/** A place agent on its own, in the form of `PlaceAgentConfigInput`. */
export function parsePlaceAgentInput(input: unknown): Parsed<PlaceAgentInput> {
  const unreadable = unreadableInput(input);
  if (unreadable.length > 0) return { problems: unreadable };
  const reader = new PartReader();
  const shaped = reader.shape(placeAgentShape, input, '');
  if (shaped === undefined) return { problems: firstProblems(reader.problems) };
  const rules = atOnce(reader.rules(shaped.triggerConditions, (nth) => ['triggerConditions', nth]));
  const agent = placeAgentOf(shaped, rules);
  const { workflowId } = shaped;
  if (workflowId === undefined) {
    reader.problems.push({
      code: 'REQUIRED',
      pointer: '/workflowId',
      message: 'is needed: which workflow has the place?',
    });
  }
  const value = { workflowId: workflowId ?? '', agent };
  return reader.problems.length === 0 ? { value } : { problems: firstProblems(reader.problems), draft: value };
}

export interface PlaceAgentInput {
  readonly workflowId: string;
  readonly agent: PlaceAgent;
}

/** Stands where a rule is that could not be read. Holds for no token. */
const NEVER: Rule = { type: 'Or', rules: [] };
