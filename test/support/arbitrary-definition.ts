import fc from 'fast-check';

import type {
  AgentTransition,
  PlaceAgent,
  Transition,
  WorkflowDefinition,
} from '../../src/core/definitions/definition.js';
import type { Rule } from '../../src/core/rules/rule.js';

/** Few names, so that random stories meet themselves. */
export const PLACES = ['a', 'b', 'c', 'd', 'end'] as const;
const FIELDS = ['data.x', 'data.y.z', 'metadata.m'] as const;
const OUTPUTS = ['response', 'answer', 'missing', 'deep.value'] as const;
const place = fc.constantFrom(...PLACES.slice(0, 4));

export const anyValue = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('u', 'v'), fc.boolean());

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ type: fc.constant('FieldExists' as const), field: fc.constantFrom(...FIELDS) }),
  fc.record({
    type: fc.constantFrom('FieldEquals' as const, 'FieldGreaterThan' as const, 'FieldLessThan' as const),
    field: fc.constantFrom(...FIELDS),
    value: anyValue,
  }),
);
const rule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.record({
      type: fc.constantFrom('And' as const, 'Or' as const),
      rules: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ type: fc.constant('Not' as const), rule: tie('rule') }),
  ),
})).rule;
const rules = fc.array(rule, { maxLength: 1 });

const agentUse = fc
  .record({
    agentId: fc.constantFrom('one', 'two'),
    enabled: fc.boolean(),
    inputMapping: fc.dictionary(fc.constantFrom('in', 'also'), fc.constantFrom('data.x', 'data.x?', 'metadata.m'), {
      maxKeys: 2,
    }),
    outputMapping: fc.dictionary(fc.constantFrom('data.x', 'data.y.z', 'metadata.m'), fc.constantFrom(...OUTPUTS), {
      maxKeys: 3,
    }),
    rollout: fc.option(
      fc.record({ mode: fc.constantFrom('off', 'shadow', 'on'), percent: fc.constantFrom(0, 50, 100) }),
      {
        nil: undefined,
        freq: 3,
      },
    ),
  })
  .map(({ rollout, ...use }) => ({ ...use, ...(rollout === undefined ? {} : { rollout }) }));
const agentTransition: fc.Arbitrary<AgentTransition> = fc
  .tuple(agentUse, fc.boolean())
  // Nothing is required that runs in the shadow.
  .map(([use, required]) => ({ ...use, required: required && use.rollout?.mode !== 'shadow' }));

function transition(index: number): fc.Arbitrary<Transition> {
  return fc
    .record({
      fromPlaces: fc.uniqueArray(place, { minLength: 1, maxLength: 2 }),
      toPlace: fc.constantFrom(...PLACES),
      trigger: fc.constantFrom('manual' as const, 'manual' as const, 'automatic' as const),
      rules,
      agentExecution: fc.option(agentTransition, { nil: undefined }),
    })
    .map(({ agentExecution, ...rest }) => ({
      id: `t${index}`,
      conditions: [],
      ...rest,
      ...(agentExecution === undefined ? {} : { agentExecution }),
    }));
}

function placeAgent(index: number): fc.Arbitrary<PlaceAgent> {
  const schedule = fc.record(
    {
      initialDelaySeconds: fc.integer({ min: 0, max: 20 }),
      intervalSeconds: fc.integer({ min: 1, max: 20 }),
      maxExecutions: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: [] },
  );
  return fc
    .record(
      {
        use: agentUse,
        placeId: place,
        triggerConditions: rules,
        autoTransition: fc.constantFrom('t0', 't1', 't2'),
        schedule,
      },
      { requiredKeys: ['use', 'placeId', 'triggerConditions'] },
    )
    .map(({ use, ...rest }) => ({ id: `p${index}`, ...use, ...rest }));
}

export const arbitraryDefinition: fc.Arbitrary<WorkflowDefinition> = fc
  .record({
    transitions: fc.tuple(...[0, 1, 2, 3, 4, 5].map(transition)),
    placeAgents: fc.tuple(...[0, 1, 2].map(placeAgent)),
    agentCount: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ transitions, placeAgents, agentCount }) => ({
    id: 'any',
    version: 1,
    name: 'Any',
    places: [...PLACES],
    initialPlace: 'a',
    transitions,
    rules: {},
    placeAgents: placeAgents.slice(0, agentCount),
  }));
