import { describe, expect, it } from 'vitest';

import { decide } from '../../../src/core/engine/decide.js';
import type { Decision, Facts, TokenInput } from '../../../src/core/engine/decision.js';
import type { JsonObject } from '../../../src/core/json/json.js';
import { MAX_TOKEN_BYTES } from '../../../src/core/tokens/token-size.js';
import type { Token } from '../../../src/core/tokens/token.js';
import {
  aDefinition,
  anAgentTransition,
  aPlaceAgent,
  aResult,
  aToken,
  aTransition,
  facts,
} from '../../support/builders.js';

const everything = { a: 'data', b: 'data', c: 'data', d: 'data' };
const definition = aDefinition({
  transitions: [
    aTransition({ id: 'review', agentExecution: anAgentTransition({ inputMapping: { n: 'data.n?' } }) }),
    aTransition({ id: 'try', agentExecution: anAgentTransition({ inputMapping: { n: 'data.n?' }, required: false }) }),
    aTransition({ id: 'read', agentExecution: anAgentTransition({ inputMapping: everything }) }),
    aTransition({ id: 'go' }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
  ],
});

const text = (bytes: number) => 'x'.repeat(bytes);
const nulls = (bytes: number): JsonObject =>
  Object.fromEntries(
    Array.from({ length: bytes / 20 }, (_, index) => [`member-${String(index).padStart(6, '0')}`, null]),
  );

/** Lets things happen to a token one after the other. */
function play(token: Token, ...inputs: readonly TokenInput[]): Decision {
  return inputs.reduce<Decision>((before, input) => decide(definition, before.token, input, facts), {
    token,
    events: [],
    effects: [],
  });
}

function failed(token: Token): TokenInput {
  const executionId = token.pending?.executionId ?? '';
  return { type: 'execution-ended', executionId, outcome: { status: 'failed', errorCode: 'auth', message: 'no' } };
}

const small = aToken(definition);
const large = aToken(definition, { data: { text: text(250_000) } });

describe('what a fire brings', () => {
  it('is refused where it would take more than a token beside the token, also when it leaves nothing in it', () => {
    const decision = play(large, { type: 'fire', transitionId: 'review', data: nulls(900_000) });
    expect(decision.refusal).toMatchObject({
      code: 'TOKEN_TOO_LARGE',
      message: expect.stringContaining('262144') as string,
    });
    expect(decision.token).toBe(large);
    expect(play(large, { type: 'fire', transitionId: 'review', data: nulls(200_000) }).refusal).toBeUndefined();
  });

  it('is counted with what comes meanwhile, so that the token fits whatever its agent says', () => {
    const { token } = play(small, { type: 'fire', transitionId: 'try', data: { given: text(250_000) } });
    const update = play(token, { type: 'update', data: { other: text(250_000) } });
    expect(update.refusal).toMatchObject({
      code: 'TOKEN_TOO_LARGE',
      message: expect.stringContaining('try') as string,
    });
    const moved = play(token, { type: 'update', data: { other: text(10_000) } }, failed(token));
    expect(moved.token.place).toBe('reviewed');
    expect(JSON.stringify([moved.token.data, moved.token.metadata]).length).toBeLessThanOrEqual(MAX_TOKEN_BYTES);
  });

  it('is counted with what an agent of the place says meanwhile', () => {
    const attended = aDefinition({
      transitions: definition.transitions,
      placeAgents: [aPlaceAgent({ outputMapping: { 'data.said': 'response' } })],
    });
    const begun = decide(attended, small, { type: 'created' }, facts).token;
    const executionId = begun.placeAgentRuns['classify']?.executionId ?? '';
    const fire: TokenInput = { type: 'fire', transitionId: 'try', data: { given: text(200_000) } };
    const { token } = decide(attended, begun, fire, facts);
    const result = aResult({ executionId, response: text(100_000) });
    const said: TokenInput = { type: 'execution-ended', executionId, outcome: { status: 'succeeded', result } };
    const decision = decide(attended, token, said, facts);
    expect(decision.token).toMatchObject({ data: {}, incident: { code: 'output_mapping_failed' } });
  });

  it('is counted again when it is tried again', () => {
    const { token } = play(small, { type: 'fire', transitionId: 'review', data: { given: text(250_000) } });
    const stuck = play(token, failed(token)).token;
    expect(stuck.incident?.patch).toBeDefined();
    const grown = play(stuck, { type: 'update', data: { other: text(250_000) } }).token;
    const retried = play(grown, { type: 'retry' });
    expect(retried.refusal?.code).toBe('TOKEN_TOO_LARGE');
    expect(retried.token).toBe(grown);
  });
});

describe('what an agent is given', () => {
  it('is refused at the fire where it is too much, however often a value is mapped', () => {
    const decision = play(large, { type: 'fire', transitionId: 'read' });
    expect(decision.refusal).toMatchObject({
      code: 'TOKEN_TOO_LARGE',
      message: expect.stringContaining('1000') as string,
    });
    expect(decision.effects).toEqual([]);
  });

  it('is an incident where nobody fires, and nothing goes on for ever', () => {
    const byItself = aDefinition({
      transitions: [
        aTransition({
          id: 'read',
          trigger: 'automatic',
          agentExecution: anAgentTransition({ inputMapping: everything }),
        }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
    });
    const decision = decide(byItself, large, { type: 'created' }, facts);
    expect(decision.token.incident).toMatchObject({ code: 'prompt_too_large', transitionId: 'read' });
    expect(decision.effects).toEqual([]);
    const retried = decide(byItself, decision.token, { type: 'retry' }, facts);
    expect(retried.refusal?.code).toBe('TOKEN_TOO_LARGE');
  });

  it('is an incident of a place agent, which the others do not wait for, and which is tried again when it is asked', () => {
    const attended = aDefinition({
      placeAgents: [aPlaceAgent({ id: 'greedy', inputMapping: everything }), aPlaceAgent({ id: 'modest' })],
    });
    const decision = decide(attended, large, { type: 'created' }, facts);
    expect(decision.token.incident).toMatchObject({ code: 'prompt_too_large', placeAgentId: 'greedy' });
    expect(decision.effects.map(({ type }) => type)).toEqual(['start-execution']);
    const shrunk = decide(attended, decision.token, { type: 'update', data: { text: null } }, facts);
    expect(shrunk.effects).toEqual([]);
    const retried = decide(attended, shrunk.token, { type: 'retry' }, facts);
    expect(retried.effects.map(({ type }) => type)).toEqual(['start-execution']);
  });
});

describe('a token that began when nothing but its data was counted', () => {
  const earlier: Facts = { ...facts, countsDataOnly: true };

  it('decides as it did then, so that its history replays', () => {
    const fire: TokenInput = { type: 'fire', transitionId: 'review', data: nulls(900_000) };
    expect(decide(definition, large, fire, earlier).refusal).toBeUndefined();
    expect(decide(definition, large, { type: 'fire', transitionId: 'read' }, earlier).effects).toHaveLength(1);
    const { token } = decide(
      definition,
      small,
      { type: 'fire', transitionId: 'try', data: { given: text(250_000) } },
      earlier,
    );
    const grown = decide(definition, token, { type: 'update', data: { other: text(250_000) } }, earlier);
    expect(decide(definition, grown.token, failed(token), earlier).token.place).toBe('reviewed');
  });
});
