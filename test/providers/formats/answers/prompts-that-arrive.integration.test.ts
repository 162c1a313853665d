import { describe, expect, it } from 'vitest';
import { MESSAGES, OLLAMA, WIRES } from '../contract/wire-under-test.js';
import { event } from './answer-ends.js';
import { playedAnswers } from './played-answers.js';

describe.each(Object.values(WIRES))('a conversation on $name', (wire) => {
  const ask = playedAnswers();

  it('goes on after an answer without a word', async () => {
    const { bodies } = await ask(
      wire,
      { body: wire.text('Yes') + wire.finish('stop') },
      {
        messages: [
          { role: 'user', content: 'The first question.' },
          { role: 'assistant', content: '' },
          { role: 'user', content: 'The second question.' },
        ],
      },
    );
    const sent = JSON.stringify(bodies[0]);
    expect(sent).toContain('The second question.');
    expect(sent).not.toMatch(/"role":"(?:assistant|model)"/);
    expect(sent).not.toMatch(/"(?:content|text)":""|"(?:content|parts)":\[\]/);
  });

  it('has a warning when its prompt was cut to the context of the server', async () => {
    const content = 'All about ownership. '.repeat(3000);
    const cut = await ask(
      wire,
      { body: wire.text('Yes') + wire.finish('stop') },
      { messages: [{ role: 'user', content }] },
    );
    expect(cut.finish?.warnings).toEqual(
      expect.arrayContaining([expect.stringContaining('7 tokens of a prompt of 63000 characters')]),
    );
  });
});

describe('a prompt', () => {
  const ask = playedAnswers();

  it('that is longer than the context is not to be cut by Ollama, which says so then', async () => {
    const refusal = {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"error":"the input length exceeds the context length"}',
    };
    const { error, bodies } = await ask(OLLAMA, refusal);
    expect(bodies).toEqual([expect.objectContaining({ truncate: false })]);
    expect(error).toMatchObject({
      code: 'context_length',
      message: expect.stringContaining('input length exceeds') as string,
    });
  });

  it('may be answered with nothing where the agent has stop sequences', async () => {
    const body =
      event({ type: 'message_start', message: { usage: { input_tokens: 100, output_tokens: 1 } } }) +
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
      event({
        type: 'message_delta',
        delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
        usage: { output_tokens: 1 },
      }) +
      event({ type: 'message_stop' });
    const { text, finish } = await ask(MESSAGES, { body }, { llmConfig: { stopSequences: ['END'] } });
    expect([text, finish?.stopReason, finish?.usage.totalTokens]).toEqual(['', 'stop', 101]);
  });
});
