import { describe, expect, it } from 'vitest';

import { defineAgent, defineWorkflow, runAgent } from '../../src/definitions/index.js';

/**
 * What the compiler refuses: each line below a `@ts-expect-error` is wrong in one way. Where it were right, `npm run types` would fail.
 */
const llmProvider = { type: 'mock', model: 'mock-1' } as const;
const net = { name: 'Review', places: ['draft', 'done'], initialPlace: 'draft' } as const;
const finish = { id: 'finish', fromPlaces: ['draft'], toPlace: 'done' } as const;

const reviewer = defineAgent({
  name: 'Reviewer',
  llmProvider,
  prompts: { system: 'You review.', userTemplate: 'The { title }, of kind {{kind}}:\n\n{document}' },
});
const curious = defineAgent({
  name: 'Curious',
  llmProvider,
  prompts: { system: 'You see it all.', userTemplate: '{input_data}' },
});
const filed = defineAgent({
  name: 'Filed',
  llmProvider,
  prompts: { system: './filed.md', userTemplate: 'Review {document}.' },
});
const mute = defineAgent({ name: 'Mute', llmProvider, prompts: { system: 'You wait.', userTemplate: 'Go on.' } });

const WRONG: Readonly<Record<string, () => unknown>> = {
  'a transition from a place that there is not': () =>
    defineWorkflow({
      ...net,
      // @ts-expect-error there is no such place
      transitions: [{ id: 'finish', fromPlaces: ['drafts'], toPlace: 'done' }],
    }),
  'a transition to a place that there is not': () =>
    defineWorkflow({
      ...net,
      // @ts-expect-error there is no such place
      transitions: [{ id: 'finish', fromPlaces: ['draft'], toPlace: 'dnoe' }],
    }),
  'a first place that there is not': () =>
    defineWorkflow({
      name: 'Review',
      places: ['draft', 'done'],
      // @ts-expect-error there is no such place
      initialPlace: 'darft',
      transitions: [finish],
    }),
  'an input from outside of data and metadata': () =>
    runAgent(reviewer, {
      // @ts-expect-error it is no path of a token
      inputMapping: { document: 'content' },
    }),
  'an output to outside of data and metadata': () =>
    runAgent(reviewer, {
      // @ts-expect-error it is no path of a token
      outputMapping: { result: 'assessment' },
    }),
  'an input that no prompt uses': () =>
    runAgent(reviewer, {
      // @ts-expect-error no prompt has {documents}
      inputMapping: { documents: 'data.content' },
    }),
  'any input of prompts that have no variable': () =>
    runAgent(mute, {
      // @ts-expect-error no prompt has {document}
      inputMapping: { document: 'data.content' },
    }),
  'a condition that is not among the rules': () =>
    defineWorkflow({
      ...net,
      rules: { high: { when: 'data.score > 7.0' } },
      // @ts-expect-error there is no such rule
      transitions: [{ ...finish, conditions: ['hihg'] }],
    }),
  'a place agent that fires a transition that there is not': () =>
    defineWorkflow({
      ...net,
      transitions: [finish],
      // @ts-expect-error there is no such transition
      placeAgents: [{ placeId: 'draft', agentId: 'reviewer', autoTransition: 'fnish' }],
    }),
  'a rule on a field outside of data and metadata': () =>
    defineWorkflow({
      ...net,
      // @ts-expect-error it is no path of a token
      transitions: [{ ...finish, rules: [{ type: 'FieldExists', field: 'score' }] }],
    }),
  'a member that there is not': () =>
    defineWorkflow({
      ...net,
      // @ts-expect-error it is called fromPlaces
      transitions: [{ ...finish, from: 'draft' }],
    }),
};

describe('a definition in TypeScript', () => {
  it.each(Object.entries(WRONG))('is refused by the compiler with %s, and read all the same', (_what, define) => {
    expect(define()).toBeTypeOf('object');
  });

  it('refuses when it runs what is no duration', () => {
    const define = () =>
      defineWorkflow({
        ...net,
        // @ts-expect-error it is no duration
        transitions: [{ ...finish, agentExecution: runAgent(reviewer, { timeoutSeconds: 'soon' }) }],
      });
    expect(define).toThrow(/\/transitions\/0\/agentExecution\/timeoutSeconds must be a number of seconds/);
  });

  it('becomes what the API takes, without short forms', () => {
    const workflow = defineWorkflow({
      ...net,
      rules: { high: { when: 'data.score > 7.0' } },
      transitions: [
        {
          ...finish,
          conditions: ['high'],
          when: 'data.open',
          agentExecution: {
            ...runAgent(reviewer, {
              inputMapping: { title: 'metadata.title?', kind: 'data', document: 'data.content' },
              outputMapping: { 'data.assessment': 'assessment' },
              timeoutSeconds: '1h30m',
            }),
            required: false,
          },
        },
      ],
      placeAgents: [
        { placeId: 'draft', autoTransition: 'finish', schedule: { intervalSeconds: '5m' }, ...runAgent(curious) },
      ],
    });
    expect(workflow).toEqual({
      ...net,
      rules: { high: { type: 'Expression', expression: 'data.score > 7.0' } },
      transitions: [
        {
          ...finish,
          conditions: ['high'],
          rules: [{ type: 'Expression', expression: 'data.open' }],
          agentExecution: {
            agentId: 'reviewer',
            inputMapping: { title: 'metadata.title?', kind: 'data', document: 'data.content' },
            outputMapping: { 'data.assessment': 'assessment' },
            timeoutSeconds: 5400,
            required: false,
          },
        },
      ],
      placeAgents: [
        { placeId: 'draft', autoTransition: 'finish', schedule: { intervalSeconds: 300 }, agentId: 'curious' },
      ],
    });
  });

  it('may give any input to prompts that show all of it, or that lie in a file', () => {
    const inputMapping = { whatever: 'data.content' } as const;
    expect(runAgent(curious, { inputMapping })).toEqual({ agentId: 'curious', inputMapping });
    expect(runAgent(filed, { inputMapping })).toEqual({ agentId: 'filed', inputMapping });
  });
});
