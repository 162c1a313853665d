import { describe, expect, it } from 'vitest';
import { RETRIED_BY_DEFAULT } from '../../../../src/core/codes.js';
import { WIRES } from '../contract/wire-under-test.js';
import { playedAnswers, type PlayedAnswer } from './played-answers.js';

const json = (status: number, body: unknown): PlayedAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe.each(Object.values(WIRES))('what goes wrong on $name is told in words that one can act on', (wire) => {
  const ask = playedAnswers();

  it('when a gateway in front of it answers with a page', async () => {
    const page = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';
    const { error } = await ask(wire, { status: 502, headers: { 'content-type': 'text/html' }, body: page });
    expect(RETRIED_BY_DEFAULT).toContain(error?.code);
    expect(error?.message).toMatch(/gateway in front of .*502 Bad Gateway/);
    expect(error?.message).not.toContain('base URL');
  });

  it('when a gateway passes on what the server behind it said', async () => {
    const raw = JSON.stringify({
      error: {
        message: "This model's maximum context length is 131072 tokens. However, you requested 180000 tokens",
        code: 'context_length_exceeded',
      },
    });
    const { error } = await ask(
      wire,
      json(400, { error: { message: 'Provider returned error', code: 400, metadata: { raw } } }),
    );
    expect(error).toMatchObject({ code: 'context_length', message: expect.stringContaining('180000') as string });
  });

  it('when FastAPI lists what is wrong', async () => {
    const detail = [{ type: 'less_than', loc: ['body', 'temperature'], msg: 'Input should be less than 2' }];
    const { error } = await ask(wire, json(422, { detail }));
    expect(error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('body.temperature: Input should be less than 2') as string,
    });
  });

  it('when the words are partly those of the prompt', async () => {
    const content = 'Does it say that the maximum context length is what counts?';
    const message =
      'The input of 9000 tokens is more than the maximum context length is made for: shorten it by 808 tokens.';
    const { error } = await ask(wire, json(400, { error: { message } }), { messages: [{ role: 'user', content }] });
    expect(error?.code).toBe('context_length');
    expect(error?.message).toContain('shorten it by 808 tokens');
    expect(error?.message).not.toContain('maximum context length is');
  });
});
