import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { INPUT_PROBLEM_CODES } from '../../../src/core/codes.js';
import type { WorkflowContent } from '../../../src/core/definitions/definition.js';
import { diagram } from '../../../src/core/definitions/diagram.js';
import { transitionAvailability } from '../../../src/core/engine/available-transitions.js';
import { decide } from '../../../src/core/engine/decide.js';
import { newToken } from '../../../src/core/engine/new-token.js';
import { MAX_PROBLEMS } from '../../../src/core/json/first-problems.js';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.js';
import type { TokenFields } from '../../../src/core/json/path.js';
import type { Problem } from '../../../src/core/json/problem.js';
import { atOnce } from '../../../src/core/steps.js';
import { checkWorkflowSteps } from '../../../src/core/validation/check-definition.js';
import { withPrograms } from '../../../src/core/validation/compile-rules.js';
import { workflowInputSteps } from '../../../src/core/validation/definition-schema.js';
import { parseRule } from '../../../src/core/validation/rule-schema.js';
import { arbitraryDefinition } from '../../support/arbitrary-definition.js';
import { anyJsonValue, anyRule, anyTokenFields } from '../../support/arbitrary-rule.js';
import { facts } from '../../support/builders.js';
import { mutated } from '../../support/mutated-json.js';

const FIXED = { seed: 15, numRuns: 150 } as const;

const savableRule = anyRule.filter((rule) => 'value' in parseRule(rule, ''));

/** A net whose names all lead somewhere, with rules of every kind. */
const likelyDefinition: fc.Arbitrary<JsonValue> = fc
  .tuple(arbitraryDefinition, fc.array(savableRule, { maxLength: 2 }))
  .map(([{ version: _, ...content }, rules]) => {
    const placeAgents = content.placeAgents.map((each) => ({ ...each, autoTransition: undefined }));
    const entry = { id: 'entry', fromPlaces: ['a'], toPlace: 'b', rules, conditions: ['named'] };
    const ways = [
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'end'],
    ].map(([from, toPlace], n) => ({ id: `way${n}`, fromPlaces: [from], toPlace }));
    const named = { type: 'FieldExists', field: 'data.a' };
    return JSON.parse(
      JSON.stringify({
        ...content,
        rules: { named },
        transitions: [entry, ...ways, ...content.transitions],
        placeAgents,
      }),
    ) as JsonValue;
  });

const anyDefinition = fc.oneof(
  { weight: 1, arbitrary: anyJsonValue },
  { weight: 2, arbitrary: likelyDefinition },
  { weight: 6, arbitrary: mutated(likelyDefinition) },
);

const agent = { id: 'one', prompts: { system: '', userTemplate: '' }, version: 1 };

/** What saving it would say; the content where it would be saved. */
function saved(input: JsonValue, areAgentsKnown: boolean): WorkflowContent | readonly Problem[] {
  const parsed = atOnce(workflowInputSteps(input));
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  const agents = { find: () => (areAgentsKnown ? agent : undefined) };
  const found = read === undefined ? [] : atOnce(checkWorkflowSteps(read.content, { agents, workflowId: read.id }));
  const problems = [...('value' in parsed ? [] : parsed.problems), ...found];
  return 'value' in parsed && problems.length === 0 ? parsed.value.content : problems;
}

/** Of a problem that lacks its object itself: where that would stand. */
function placeExists(input: JsonValue, pointer: string): boolean {
  const steps = pointer.split('/').slice(1, -1);
  let at: JsonValue | undefined = input;
  for (const step of steps.map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Readonly<Record<string, JsonValue>>)[step];
  }
  return Array.isArray(at) || isJsonObject(at);
}

function worksThroughout(content: WorkflowContent, fields: TokenFields): void {
  const definition = withPrograms({ ...content, id: 'any', version: 1 });
  let token = newToken(definition, { id: 'doc', ...fields }, facts);
  ({ token } = decide(definition, token, { type: 'created' }, facts));
  for (const { transition, canFire } of transitionAvailability(definition, token)) {
    const fired = decide(definition, token, { type: 'fire', transitionId: transition.id }, facts);
    expect(fired.refusal === undefined, transition.id).toBe(canFire);
    expect(definition.places).toContain(fired.token.place);
  }
  expect(diagram(content, token.place)).toMatch(/^flowchart LR\n/);
  expect(atOnce(workflowInputSteps(JSON.parse(JSON.stringify(content))))).toHaveProperty('value');
}

describe('any JSON as a definition', () => {
  it('is refused with problems that point into it, or everything that is done with a definition works', () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyDefinition, fc.boolean(), anyTokenFields, (input, areAgentsKnown, fields) => {
        const outcome = saved(input, areAgentsKnown);
        if ('places' in outcome) {
          accepted += 1;
          worksThroughout(outcome, fields);
          return;
        }
        expect(outcome.length).toBeGreaterThan(0);
        expect(outcome.length).toBeLessThanOrEqual(2 * (MAX_PROBLEMS + 1));
        for (const { code, pointer, message } of outcome) {
          expect(INPUT_PROBLEM_CODES).toContain(code);
          expect(message).not.toBe('');
          if (!pointer.endsWith('…') && pointer !== '') expect(placeExists(input, pointer), pointer).toBe(true);
        }
      }),
      FIXED,
    );
    expect(accepted).toBeGreaterThan(10);
  });
});
