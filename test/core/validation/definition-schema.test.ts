import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { atOnce } from '../../../src/core/steps.js';
import { workflowInputSteps } from '../../../src/core/validation/definition-schema.js';

const INPUT = {
  name: 'Review',
  places: ['submitted', 'done'],
  initialPlace: 'submitted',
  transitions: [{ id: 'finish', fromPlaces: ['submitted'], toPlace: 'done' }],
};

function problems(input: unknown): readonly string[] {
  const parsed = atOnce(workflowInputSteps(input));
  return 'problems' in parsed ? parsed.problems.map(({ code, pointer }) => `${code} ${pointer}`) : [];
}

describe('workflowInputSteps', () => {
  it('fills in defaults and leaves out what is null', () => {
    const parsed = atOnce(
      workflowInputSteps({
        ...INPUT,
        id: null,
        description: null,
        rules: null,
        transitions: [
          {
            ...INPUT.transitions[0],
            name: null,
            conditions: null,
            agentExecution: { agentId: 'a', model: null, inputMapping: null },
          },
        ],
      }),
    );
    expect(parsed).toStrictEqual({
      value: {
        content: {
          ...INPUT,
          rules: {},
          placeAgents: [],
          transitions: [
            {
              ...INPUT.transitions[0],
              trigger: 'manual',
              conditions: [],
              rules: [],
              agentExecution: { agentId: 'a', enabled: true, inputMapping: {}, outputMapping: {}, required: true },
            },
          ],
        },
      },
    });
  });

  it('keeps a null that a rule compares with, and clears stop sequences with an empty list', () => {
    const rule = { type: 'FieldEquals', field: 'data.a', value: null };
    const agentExecution = { agentId: 'a', llmConfig: { temperature: null, stopSequences: [] } };
    const parsed = atOnce(
      workflowInputSteps({
        ...INPUT,
        rules: { value: rule },
        transitions: [{ ...INPUT.transitions[0], agentExecution }],
      }),
    );
    expect(parsed).toMatchObject({ value: { content: { rules: { value: rule } } } });
    expect(parsed).toHaveProperty('value.content.transitions.0.agentExecution.llmConfig', { stopSequences: [] });
  });

  it('reads the example that ships with us', () => {
    const example: unknown = JSON.parse(
      readFileSync(new URL('../../../examples/document-review/workflow.json', import.meta.url), 'utf8'),
    );
    expect(problems(example)).toEqual([]);
  });

  it('reports every bad rule, and still gives a draft to check for more', () => {
    const input = {
      ...INPUT,
      rules: { 'a/b': { type: 'Nonsense' } },
      transitions: [{ ...INPUT.transitions[0], rules: [{ type: 'FieldExists', field: 'x' }] }],
    };
    expect(problems(input)).toEqual(['RULE_INVALID /rules/a~1b/type', 'RULE_INVALID /transitions/0/rules/0/field']);
    expect(atOnce(workflowInputSteps(input))).toHaveProperty('draft.content.places', INPUT.places);
  });

  it.each([
    ['nothing', null, 'INVALID_VALUE '],
    ['a list', [], 'INVALID_VALUE '],
    ['an id that is none', { ...INPUT, id: '../x' }, 'INVALID_VALUE /id'],
    ['a missing name', { ...INPUT, name: undefined }, 'INVALID_VALUE /name'],
    ['an unknown field', { ...INPUT, palces: [] }, 'UNKNOWN_FIELD /palces'],
    [
      'an unknown field of a transition',
      { ...INPUT, transitions: [{ ...INPUT.transitions[0], to: 'done' }] },
      'UNKNOWN_FIELD /transitions/0/to',
    ],
    [
      'too many places',
      { ...INPUT, places: Array.from({ length: 501 }, (_, index) => `p${index}`) },
      'INVALID_VALUE /places',
    ],
    ['a name without end', { ...INPUT, name: 'n'.repeat(201) }, 'INVALID_VALUE /name'],
    ['text that cannot be stored', { ...INPUT, name: 'a\0' }, 'TEXT_INVALID /name'],
  ])('refuses %s', (_name, input, problem) => {
    expect(problems(input)).toEqual([problem]);
  });

  it('a rule of 100,000 levels is refused and nothing overflows', () => {
    let rule: unknown = { type: 'FieldExists', field: 'data.a' };
    for (let level = 0; level < 100_000; level += 1) rule = { type: 'Not', rule };
    expect(atOnce(workflowInputSteps({ ...INPUT, rules: { deep: rule } }))).toMatchObject({
      problems: [{ code: 'TOO_DEEP' }],
    });
  });
});
