import { describe, expect, it } from 'vitest';

import { transitionAvailability } from '../../../src/core/engine/available-transitions.js';
import { atOnce } from '../../../src/core/steps.js';
import { checkWorkflowSteps } from '../../../src/core/validation/check-definition.js';
import { withPrograms } from '../../../src/core/validation/compile-rules.js';
import { decide } from '../../../src/core/engine/decide.js';
import { workflowInputSteps } from '../../../src/core/validation/definition-schema.js';
import { aDefinition, aToken, aTransition, facts } from '../../support/builders.js';

const INPUT = {
  name: 'Review',
  places: ['submitted', 'done'],
  initialPlace: 'submitted',
  transitions: [{ id: 'finish', fromPlaces: ['submitted'], toPlace: 'done' }] as object[],
};

/** What saving would say, an agent being there for whoever names it. */
function problems(change: object): readonly string[] {
  const parsed = atOnce(workflowInputSteps({ ...INPUT, ...change }));
  const read = 'value' in parsed ? parsed.value : parsed.draft;
  const agent = { id: 'reviewer', prompts: { system: '', userTemplate: '' }, version: 1 };
  const found =
    read === undefined
      ? []
      : atOnce(checkWorkflowSteps(read.content, { agents: { find: () => agent }, workflowId: 'review' }));
  const all = [...('value' in parsed ? [] : parsed.problems), ...found];
  return all.map(({ code, pointer }) => `${code} ${pointer}`);
}

function finish(change: object): object {
  return { transitions: [{ ...INPUT.transitions[0], ...change }] };
}

function placeAgent(change: object): object {
  return { placeAgents: [{ id: 'watch', placeId: 'submitted', agentId: 'reviewer', ...change }] };
}

function nested(depth: number): unknown {
  let rule: unknown = { type: 'FieldExists', field: 'data.a' };
  for (let level = 0; level < depth; level += 1) rule = { type: 'Not', rule };
  return rule;
}

describe('a hostile definition is refused with codes:', () => {
  it.each<[string, object, readonly string[]]>([
    ['10,000 places', { places: Array.from({ length: 10_000 }, (_, n) => `p${n}`) }, ['INVALID_VALUE /places']],
    ['rules 1,000 deep', finish({ rules: [nested(1000)] }), [`TOO_DEEP /transitions/0/rules/0${'/rule'.repeat(60)}`]],
    ['rules 40 deep', finish({ rules: [nested(40)] }), ['RULE_INVALID /transitions/0/rules/0']],
    ['__proto__ as a place', { places: ['submitted', 'done', '__proto__'] }, ['INVALID_VALUE /places/2']],
    ['__proto__ as a name', { rules: JSON.parse('{"__proto__": {}}') as object }, ['TEXT_INVALID /rules/__proto__']],
    [
      'constructor in a path',
      finish({ rules: [{ type: 'FieldExists', field: 'data.constructor.name' }] }),
      ['RULE_INVALID /transitions/0/rules/0/field'],
    ],
    [
      'an expression that is none',
      finish({ rules: [{ type: 'Expression', expression: 'data.a >' }] }),
      ['RULE_INVALID /transitions/0/rules/0/expression'],
    ],
    [
      'a huge expression',
      finish({ rules: [{ type: 'Expression', expression: `${'1 + '.repeat(20_000)}1 > 0` }] }),
      ['RULE_INVALID /transitions/0/rules/0/expression'],
    ],
    [
      'a mapping that writes elsewhere',
      finish({ agentExecution: { agentId: 'reviewer', outputMapping: { status: 'response' } } }),
      ['BAD_PATH /transitions/0/agentExecution/outputMapping/status'],
    ],
    [
      'a mapping through a prototype',
      finish({ agentExecution: { agentId: 'reviewer', outputMapping: { 'data.__proto__.x': 'response' } } }),
      ['BAD_PATH /transitions/0/agentExecution/outputMapping/data.__proto__.x'],
    ],
    [
      'a negative delay',
      placeAgent({ schedule: { initialDelaySeconds: -1 } }),
      ['OUT_OF_RANGE /placeAgents/0/schedule/initialDelaySeconds'],
    ],
    [
      'an enormous interval',
      placeAgent({ schedule: { intervalSeconds: 1e12 } }),
      ['OUT_OF_RANGE /placeAgents/0/schedule/intervalSeconds'],
    ],
    [
      'runs without pause',
      placeAgent({ schedule: { intervalSeconds: 0 } }),
      ['OUT_OF_RANGE /placeAgents/0/schedule/intervalSeconds'],
    ],
    [
      'a fraction of a run',
      placeAgent({ schedule: { intervalSeconds: 5, maxExecutions: 1.5 } }),
      ['INVALID_VALUE /placeAgents/0/schedule/maxExecutions'],
    ],
    [
      'an auto transition that stays',
      {
        transitions: [...INPUT.transitions, { id: 'again', fromPlaces: ['submitted'], toPlace: 'submitted' }],
        ...placeAgent({ autoTransition: 'again' }),
      },
      ['AUTO_TRANSITION_STAYS /placeAgents/0/autoTransition'],
    ],
    [
      'more than a token can carry',
      {
        transitions: Array.from({ length: 900 }, (_, n) => ({
          ...INPUT.transitions[0],
          id: `t${n}`,
          description: 'x'.repeat(1000),
        })),
      },
      ['DEFINITION_TOO_LARGE '],
    ],
  ])('%s', (_name, change, expected) => {
    expect(problems(change)).toEqual(expect.arrayContaining([...expected]));
  });
});

describe('rules that would run for ever', () => {
  const hungry = 'data.l.all(a, data.l.all(b, data.l.all(c, a + b + c >= 0)))';
  const definition = withPrograms(
    aDefinition({
      transitions: Array.from({ length: 300 }, (_, n) =>
        aTransition({ id: `t${n}`, trigger: 'automatic', rules: [{ type: 'Expression', expression: hungry }] }),
      ),
    }),
  );
  const token = aToken(definition, { data: { l: Array.from({ length: 1000 }, (_, n) => n) } });

  it('leave the token where it is, and every transition says that they take too long', { tags: 'rule-budget' }, () => {
    expect(decide(definition, token, { type: 'created' }, facts).token.place).toBe('submitted');
    for (const { blockers } of transitionAvailability(definition, token)) {
      expect(blockers).toMatchObject([
        { code: 'RULE_ERROR', message: expect.stringMatching(/too many steps/) as string },
      ]);
    }
  });
});
