import { describe, expect, it } from 'vitest';

import type { AgentPrompts } from '../../../src/core/agents/agent.js';
import type { WorkflowContent } from '../../../src/core/definitions/definition.js';
import { atOnce } from '../../../src/core/steps.js';
import { checkWorkflowSteps } from '../../../src/core/validation/check-definition.js';
import { parsePlaceAgentInput, workflowInputSteps } from '../../../src/core/validation/definition-schema.js';
import { anAgentTransition, aTransition, aWorkflow } from '../../support/builders.js';

const INPUT = {
  name: 'Review',
  places: ['submitted', 'done'],
  initialPlace: 'submitted',
  transitions: [{ id: 'finish', fromPlaces: ['submitted'], toPlace: 'done' }] as object[],
};

/** Counts how often anything of it is looked at. */
class Watched {
  looks = 0;

  list<Item>(items: readonly Item[]): readonly Item[] {
    const target = [...items];
    return new Proxy(target, {
      get: (list, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) this.looks += 1;
        return Reflect.get(list, key, receiver) as unknown;
      },
    });
  }

  member<Value>(value: Value): Value {
    this.looks += 1;
    return value;
  }
}

function check(content: WorkflowContent, prompts: AgentPrompts = { system: '', userTemplate: '' }) {
  return atOnce(checkWorkflowSteps(content, { agents: { find: () => ({ id: 'reviewer', prompts }) } }));
}

function problems(change: object) {
  const parsed = atOnce(workflowInputSteps({ ...INPUT, ...change }));
  return 'value' in parsed ? [] : parsed.problems;
}

const codes = (change: object) => problems(change).map(({ code, pointer }) => `${code} ${pointer}`);
const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));

describe('checking a definition takes time in proportion to it:', () => {
  it('a net looks at each place of each transition a few times, also where one transition hides another', () => {
    const watched = new Watched();
    const places = many(500, (n) => `p${n}`);
    const automatic = { trigger: 'automatic', toPlace: 'p0' } as const;
    const others = places.slice(100, 200);
    const transitions = [
      ...places.map((toPlace) => aTransition({ id: `to-${toPlace}`, fromPlaces: ['p0'], toPlace })),
      // Each leaves a place that no other leaves: it is not in vain.
      ...places
        .slice(200)
        .map((own) => aTransition({ id: `of-${own}`, ...automatic, fromPlaces: watched.list([...others, own]) })),
      aTransition({ id: 'takes', ...automatic, fromPlaces: watched.list(places.slice(0, 100)) }),
      ...many(199, (n) =>
        aTransition({ id: `late${n}`, ...automatic, fromPlaces: watched.list(places.slice(0, 100)) }),
      ),
    ];
    const found = check(aWorkflow({ places, initialPlace: 'p0', transitions }));
    expect(found).toContainEqual({
      code: 'TRANSITION_NEVER_FIRES',
      pointer: '/transitions/801',
      message: '"late0" can never fire: an automatic transition without rules comes before it',
    });
    expect(watched.looks).toBeLessThan(500 * 101 * 10);
  });

  it('the prompts of an agent are read once, however many transitions run it', () => {
    const watched = new Watched();
    const prompts: AgentPrompts = {
      system: '',
      get userTemplate() {
        return watched.member('{input_data} '.repeat(1000));
      },
    };
    const transitions = many(500, (n) => aTransition({ id: `t${n}`, agentExecution: anAgentTransition() }));
    check(aWorkflow({ transitions }), prompts);
    expect(watched.looks).toBeLessThan(5);
  });

  it('one value that stands in hundreds of places is looked at until there are too many bytes', () => {
    const watched = new Watched();
    const value = many(1000, () => ({
      get text() {
        return watched.member('x'.repeat(100));
      },
    }));
    const rules = Object.fromEntries(many(400, (n) => [`r${n}`, { type: 'FieldEquals', field: 'data.a', value }]));
    expect(codes({ rules })).toEqual(['DEFINITION_TOO_LARGE ']);
    expect(watched.looks).toBeLessThan(20_000);
  });
});

describe('a definition is measured before it is checked:', () => {
  const from = (count: number) => many(count, (n) => `p${n}`);
  it.each<[string, object, readonly string[]]>([
    ['a megabyte', { description: 'x'.repeat(1024 * 1024) }, ['DEFINITION_TOO_LARGE ']],
    ['100,000 transitions', { transitions: many(100_000, () => ({})) }, ['INVALID_VALUE /transitions']],
    ['100,000 place agents', { placeAgents: many(100_000, () => ({})) }, ['INVALID_VALUE /placeAgents']],
    [
      '100,000 named rules',
      { rules: Object.fromEntries(many(50_000, (n) => [`r${n}`, {}])) },
      ['INVALID_VALUE /rules'],
    ],
    [
      'more arrows than anybody draws',
      {
        places: from(500),
        initialPlace: 'p0',
        transitions: many(41, (n) => ({ id: `t${n}`, fromPlaces: from(500), toPlace: 'p0' })),
      },
      ['DEFINITION_TOO_LARGE /transitions'],
    ],
    [
      'rules that every transition names',
      {
        rules: { r: { type: 'And', rules: many(400, () => ({ type: 'FieldExists', field: 'data.a' })) } },
        transitions: many(30, (n) => ({ ...INPUT.transitions[0], id: `t${n}`, conditions: ['r'] })),
      },
      ['DEFINITION_TOO_LARGE '],
    ],
    [
      'an agent for every transition',
      {
        transitions: many(201, (n) => ({ ...INPUT.transitions[0], id: `t${n}`, agentExecution: { agentId: `a${n}` } })),
      },
      ['DEFINITION_TOO_LARGE '],
    ],
    [
      'a long id',
      { transitions: [{ ...INPUT.transitions[0], id: 't'.repeat(201) }] },
      ['INVALID_VALUE /transitions/0/id'],
    ],
    [
      'a long name in a mapping',
      {
        transitions: [
          { ...INPUT.transitions[0], agentExecution: { agentId: 'a', inputMapping: { ['n'.repeat(501)]: 'data.a' } } },
        ],
      },
      ['INVALID_VALUE /transitions/0/agentExecution/inputMapping'],
    ],
  ])('%s', (_what, change, expected) => {
    expect(codes(change)).toEqual(expected);
  });

  it('a place agent by itself is, too', () => {
    const parsed = parsePlaceAgentInput({ workflowId: 'w', placeId: 'a', agentId: 'a', model: 'x'.repeat(800_000) });
    expect(parsed).toMatchObject({ problems: [{ code: 'DEFINITION_TOO_LARGE' }] });
  });
});

describe('what is said of a definition is bounded:', () => {
  it.each<[string, object]>([
    ['unknown fields', Object.fromEntries(many(50_000, (n) => [`k${n}`, 0]))],
    ['unknown fields of every transition', { transitions: many(1000, (n) => ({ [`k${n}`]: 0, [`l${n}`]: 0 })) }],
    ['rules that are none', { rules: { r: { type: 'Or', rules: many(400, () => 0) } } }],
    [
      'rules that are none at every transition',
      { transitions: many(100, (n) => ({ ...INPUT.transitions[0], id: `t${n}`, rules: many(90, () => 0) })) },
    ],
    [
      'names that are none',
      { transitions: many(300, (n) => ({ ...INPUT.transitions[0], id: `${'!'.repeat(190)}${n}` })) },
    ],
  ])('%s', (_what, change) => {
    const parsed = atOnce(workflowInputSteps({ ...INPUT, ...change }));
    const found = 'value' in parsed ? check(parsed.value.content) : parsed.problems;
    expect(found).toHaveLength(201);
    expect(found.at(-1)).toMatchObject({ code: 'MORE_PROBLEMS' });
    expect(JSON.stringify(found).length).toBeLessThan(200_000);
  });

  it('keys of hundreds of thousands of letters are not repeated', () => {
    const found = problems({
      ['k'.repeat(300_000)]: { ['~'.repeat(300_000)]: 1 },
      rules: { ['/'.repeat(100_000)]: 0 },
    });
    expect(JSON.stringify(found).length).toBeLessThan(3000);
  });
});
