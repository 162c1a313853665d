import { describe, expect, it } from 'vitest';
import { CHAT, WIRES } from '../contract/wire-under-test.js';
import { playedAnswers, type PlayedAnswer } from './played-answers.js';

const json = (status: number, body: unknown): PlayedAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const yes = (wire: (typeof WIRES)[keyof typeof WIRES]): PlayedAnswer => ({
  body: wire.text('Yes') + wire.finish('stop'),
});
const SCHEMA = { type: 'object', properties: { grade: { type: 'number' } }, required: ['grade'] };

describe.each(Object.values(WIRES))('a parameter that a server of $name refuses by name', (wire) => {
  const ask = playedAnswers();
  const refusal = json(400, { error: { message: "Unknown parameter: 'seed_of_test'." } });
  const withSeed = { provider: { options: { extraBody: { seed_of_test: 7 } } } };

  it('is left out on one second try, and a warning says so', async () => {
    const { text, finish, bodies } = await ask(wire, [refusal, yes(wire)], withSeed);
    expect(text).toBe('Yes');
    expect(bodies).toEqual([
      expect.objectContaining({ seed_of_test: 7 }),
      expect.not.objectContaining({ seed_of_test: 7 }),
    ]);
    expect(finish?.warnings.join()).toContain('{"omit":["seed_of_test"]}');
  });

  it('is named together with the option that leaves it out when the second try fails, too', async () => {
    const { error, bodies } = await ask(
      wire,
      [refusal, json(400, { error: { message: 'Unknown parameter: temperature' } })],
      {
        ...withSeed,
        llmConfig: { temperature: 0.5 },
      },
    );
    expect(bodies).toHaveLength(2);
    expect(error).toMatchObject({ code: 'invalid_request' });
  });

  it('fails the call at once under strictParameters', async () => {
    const { error, bodies } = await ask(wire, [refusal, yes(wire)], { ...withSeed, strictParameters: true });
    expect(bodies).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('seed_of_test') as string,
    });
  });

  it('is not sent where the agent omits it', async () => {
    const options = { extraBody: { seed_of_test: 7 }, omit: ['seed_of_test'] };
    const { text, bodies } = await ask(wire, yes(wire), { provider: { options } });
    expect(text).toBe('Yes');
    expect(bodies).toEqual([expect.not.objectContaining({ seed_of_test: 7 })]);
  });
});

describe('a compatible server', () => {
  const ask = playedAnswers();

  it('is reached though it takes no stream_options', async () => {
    const detail = [
      {
        type: 'extra_forbidden',
        loc: ['body', 'stream_options', 'include_usage'],
        msg: 'Extra inputs are not permitted',
        input: true,
      },
    ];
    const refusal = json(422, {
      object: 'error',
      message: { detail },
      type: 'invalid_request_error',
      param: null,
      code: null,
    });
    const { text, bodies } = await ask(CHAT, [refusal, yes(CHAT)]);
    expect(text).toBe('Yes');
    expect(bodies.map((body) => Object.keys(body as object).includes('stream_options'))).toEqual([true, false]);
  });

  it('that takes no JSON schema is told it in the prompt', async () => {
    const message = 'This response_format type is unavailable now';
    const refusal = json(400, {
      error: { message, type: 'invalid_request_error', param: null, code: 'invalid_request_error' },
    });
    const { text, bodies } = await ask(CHAT, [refusal, yes(CHAT)], { outputSchema: SCHEMA });
    expect(text).toBe('Yes');
    expect(bodies[1]).not.toHaveProperty('response_format');
    expect(JSON.stringify(bodies[1])).toContain('JSON Schema');
  });

  it('that says so within its stream is asked once more as well', async () => {
    const error = { error: { code: 400, message: "unknown parameter 'stream_options'" } };
    const { text, bodies } = await ask(CHAT, [{ body: `data: ${JSON.stringify(error)}\n\n` }, yes(CHAT)]);
    expect(text).toBe('Yes');
    expect(bodies).toHaveLength(2);
  });
});
