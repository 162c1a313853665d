import { describe, expect, it } from 'vitest';

import { transitionAvailability } from '../../../src/core/engine/available-transitions.js';
import { shownToken, shownTransitions } from '../../../src/core/engine/shown-to-agent.js';
import { aDefinition, aToken, aTransition } from '../../support/builders.js';

const definition = aDefinition({
  transitions: [
    aTransition({ id: 'review' }),
    aTransition({ id: 'publish', rules: [{ type: 'FieldExists', field: 'data.title' }] }),
  ],
});

describe('what an agent is shown of its token', () => {
  it('is the whole of a small one', () => {
    const shown = shownToken(aToken(definition, { data: { title: 'A' }, metadata: { by: 'Ada' } }), {});
    const token = { place: 'submitted', data: { title: 'A' }, metadata: { by: 'Ada' } };
    expect(shown).toEqual({ shown: { token: expect.objectContaining(token) as object } });
  });

  it('says what is missing of a large one, and the answers to that lead through all of it', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('');
    const token = aToken(definition, { data: { doc: { text }, title: 'A' } });
    const missing = /^data\.doc\.text: \d+ of \d+ characters .* path "data\.doc\.text" and from \d+$/;
    expect(shownToken(token, {})).toMatchObject({
      shown: { token: { data: { title: 'A' } }, missing: [expect.stringMatching(missing)] },
    });
    let read = '';
    for (let rounds = 0; read.length < text.length && rounds < 10; rounds += 1) {
      const answer = shownToken(token, { path: 'data.doc.text', from: read.length });
      read += 'shown' in answer && typeof answer.shown['value'] === 'string' ? answer.shown['value'] : '';
    }
    expect(read).toBe(text);
  });

  it.each([
    [{ path: 'place' }, 'no path'],
    [{ path: 'data.nothing' }, 'nothing at data.nothing'],
    [{ path: 'data.title', from: 9 }, 'no place 9'],
    [{ path: 'data', from: 1 }, 'a text or a list'],
  ])('says what is wrong with a question: %j', (question, problem) => {
    const token = aToken(definition, { data: { title: 'A' } });
    expect(shownToken(token, question)).toEqual({ problem: expect.stringContaining(problem) as string });
  });

  it('has every transition out of its place, with what stands against it in words', () => {
    const token = aToken(definition);
    expect(shownTransitions(token, transitionAvailability(definition, token))).toMatchObject({
      place: 'submitted',
      transitions: [
        { id: 'review', canFire: true, runsAgent: false },
        { id: 'publish', canFire: false, blockers: [expect.stringContaining('data.title')] },
      ],
    });
  });
});
