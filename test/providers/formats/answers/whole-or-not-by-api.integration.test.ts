import { describe, expect, it } from 'vitest';
import { CHAT, GENERATE, MESSAGES, OLLAMA } from '../contract/wire-under-test.js';
import { endOf, event, line } from './answer-ends.js';
import { playedAnswers, type PlayedAnswer } from './played-answers.js';

describe('Chat Completions', () => {
  const ask = playedAnswers();
  const chunk = (delta: object, more: object = {}) =>
    event({ choices: [{ index: 0, delta, finish_reason: null, ...more }] });
  const usage = event({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 } });
  const asked = (body: string) => ask(CHAT, { body });

  it('[DONE] without a reason is no good end', async () => {
    const { error } = await asked(chunk({ content: 'Half' }) + event('[DONE]'));
    expect(error?.code).toBe('incomplete_stream');
  });

  it('an error within the choice is told in its own words', async () => {
    const broken = chunk(
      { content: '' },
      { finish_reason: 'error', error: { code: 504, message: 'Upstream idle timeout exceeded' } },
    );
    const { error } = await asked(chunk({ content: 'Half' }) + broken + usage + event('[DONE]'));
    expect(error).toMatchObject({
      code: 'server',
      message: expect.stringContaining('Upstream idle timeout exceeded') as string,
    });
  });

  it('an error in a field beside the frames is told in its own words', async () => {
    const oom = 'error: {"code":500,"message":"Compute error: out of memory","type":"server_error"}\n\n';
    const midway = await asked(chunk({ content: 'Half' }) + oom + event('[DONE]'));
    expect(midway.error).toMatchObject({ code: 'server', message: expect.stringContaining('out of memory') as string });
    const size =
      'error: {"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"invalid_request_error"}\n\n';
    const { error, bodies } = await asked(size + event('[DONE]'));
    expect(bodies).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'context_length',
      message: expect.stringContaining('available context size') as string,
    });
  });

  it('an event named error is one, whatever its data is', async () => {
    for (const data of [
      'upstream failure',
      '{"message":"upstream failure"}',
      '{"error":{"message":"upstream failure"}}',
    ]) {
      const { error } = await asked(`${chunk({ content: 'Half' })}event: error\ndata: ${data}\n\n`);
      expect(error).toMatchObject({ code: 'server', message: expect.stringContaining('upstream failure') as string });
    }
  });

  it('text in parts is text, and thinking parts are reasoning', async () => {
    const body =
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'I weigh it.' }] }] }) +
      chunk({
        content: [
          { type: 'text', text: 'The document' },
          { type: 'reference', reference_ids: [1] },
        ],
      }) +
      chunk({ content: ' is ' }) +
      chunk({ content: { type: 'output_text', text: 'clear.' } }) +
      chunk({}, { finish_reason: 'stop' });
    expect(await asked(body)).toMatchObject({ text: 'The document is clear.', reasoning: 'I weigh it.' });
  });

  it('events without a blank line between them are events', async () => {
    const lines = [{ content: 'The ' }, { content: 'document.' }].map(
      (delta) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n`,
    );
    expect((await asked(`${lines.join('')}\n${CHAT.finish('stop')}`)).text).toBe('The document.');
  });

  it('an event over several lines is one, and fields that nobody knows are none', async () => {
    const pretty = JSON.stringify({ choices: [{ delta: { content: 'Yes' } }] }, null, 1).replaceAll('\n', '\ndata:');
    expect((await asked(`x-cost: {"usd":1}\nid:7\ndata:${pretty}\n\n${CHAT.finish('stop')}`)).text).toBe('Yes');
  });

  it('a second choice is not mixed into the first', async () => {
    const other = event({ choices: [{ index: 1, delta: { content: 'No' } }] });
    expect((await asked(other + CHAT.text('Yes') + other + CHAT.finish('stop'))).text).toBe('Yes');
  });

  it('a message that is repeated at the end is said once, and its rest is part of the answer', async () => {
    const last = (content: string) =>
      event({ choices: [{ index: 0, delta: {}, message: { role: 'assistant', content }, finish_reason: 'stop' }] });
    expect((await asked(CHAT.text('The document.') + last('The document.'))).text).toBe('The document.');
    expect((await asked(CHAT.text('The ') + last('The document.'))).text).toBe('The document.');
    expect((await asked(CHAT.text('The document.') + last('A memo.'))).error?.code).toBe('incomplete_stream');
  });

  it('an answer in one piece is the answer', async () => {
    const calls = [{ id: 'c1', type: 'function', function: { name: 'search', arguments: '{"q":"x"}' } }];
    const whole = (message: object, finish_reason: string) => ({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
      usage: { prompt_tokens: 7, completion_tokens: 3 },
    });
    const headers = { 'content-type': 'application/json' };
    const said = await ask(CHAT, {
      headers,
      body: JSON.stringify(whole({ content: 'Yes', reasoning_content: 'Hm.' }, 'stop'), null, 2),
    });
    expect(said).toMatchObject({
      text: 'Yes',
      reasoning: 'Hm.',
      finish: { stopReason: 'stop', usage: { totalTokens: 10 } },
    });
    const called = await ask(CHAT, {
      headers,
      body: JSON.stringify(whole({ content: null, tool_calls: calls }, 'tool_calls')),
    });
    expect(called.finish?.toolCalls).toEqual([{ id: 'c1', name: 'search', arguments: { q: 'x' } }]);
    const half = await ask(CHAT, { headers, body: JSON.stringify(whole({ content: 'Half' }, 'error')) });
    expect(half.error?.code).toBe('server');
  });
});

describe('Gemini', () => {
  const ask = playedAnswers();
  const chunk = (text: string, more: object = {}) =>
    event({
      candidates: [{ content: { parts: [{ text }] }, index: 0, ...more }],
      usageMetadata: { promptTokenCount: 11 },
    });
  const slowly = (...body: readonly string[]): PlayedAnswer => ({ body, pauseMs: 400 });

  it('text that follows a reason which comes with every chunk is part of the answer, however slow it is', async () => {
    const stop = { finishReason: 'STOP' };
    const { text, finish } = await ask(
      GENERATE,
      slowly(chunk('', stop), chunk('The document is ', stop), chunk('clear.', stop)),
    );
    expect([text, finish?.stopReason]).toEqual(['The document is clear.', 'stop']);
  });

  it('a connection that breaks behind such a reason leaves the answer unfinished', async () => {
    const { error } = await ask(GENERATE, { body: chunk('The document', { finishReason: 'STOP' }), breaks: true });
    expect(error?.code).toBe('incomplete_stream');
  });

  it('[DONE] of a gateway ends the answer', async () => {
    const { text } = await ask(GENERATE, {
      body: chunk('Yes') + chunk('', { finishReason: 'STOP' }) + event('[DONE]'),
    });
    expect(text).toBe('Yes');
  });

  it('a prompt that is blocked is told with its reason', async () => {
    const promptFeedback = { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: 'Not this.' };
    const { error } = await ask(GENERATE, { body: event({ promptFeedback }) });
    expect(error).toMatchObject({
      code: 'content_filter',
      message: expect.stringContaining('PROHIBITED_CONTENT: Not this.') as string,
    });
  });

  it('a stream in the form of one list is the answer', async () => {
    const chunks = ['The ', 'document.'].map((text) => ({ candidates: [{ content: { parts: [{ text }] } }] }));
    const list = [...chunks, { candidates: [{ finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 11 } }];
    const { text, finish } = await ask(GENERATE, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(list, null, 2),
    });
    expect([text, finish?.usage.inputTokens]).toEqual(['The document.', 11]);
  });
});

describe('Anthropic', () => {
  const ask = playedAnswers();
  const start = (id: string, usage: object = {}) => event({ type: 'message_start', message: { id, usage } });

  it.each(['pause_turn'])('%s is no end', async (reason) => {
    const { error } = await ask(MESSAGES, { body: MESSAGES.text('Half') + endOf(MESSAGES, reason) });
    expect(error).toMatchObject({ code: 'incomplete_stream', message: expect.stringContaining(reason) as string });
  });

  it('a full context cuts the answer off', async () => {
    const { finish } = await ask(MESSAGES, {
      body: MESSAGES.text('Half') + endOf(MESSAGES, 'model_context_window_exceeded'),
    });
    expect(finish?.stopReason).toBe('length');
  });

  it('what was counted is not forgotten for a null, a nothing or a nought', async () => {
    for (const later of [
      { input_tokens: null, output_tokens: 7 },
      { output_tokens: '7' },
      { input_tokens: 0, output_tokens: 7 },
      { input_tokens: -1, output_tokens: 7 },
    ]) {
      const delta = event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: later });
      const { finish } = await ask(MESSAGES, {
        body:
          start('m', { input_tokens: 100, output_tokens: 1 }) +
          MESSAGES.text('Yes') +
          delta +
          event({ type: 'message_stop' }),
      });
      expect(finish?.usage).toMatchObject({ inputTokens: 100, outputTokens: 7, totalTokens: 107 });
    }
  });

  it('an answer that begins anew in its middle is not whole', async () => {
    const { error } = await ask(MESSAGES, {
      body: start('a') + MESSAGES.text('Half') + start('b') + MESSAGES.text('Whole') + MESSAGES.finish('stop'),
    });
    expect(error?.code).toBe('incomplete_stream');
  });

  it('an answer in one piece is the answer', async () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'Yes' },
      { type: 'tool_use', id: 't', name: 'search', input: { q: 1 } },
    ];
    const whole = {
      type: 'message',
      role: 'assistant',
      content,
      stop_reason: 'tool_use',
      usage: { input_tokens: 7, output_tokens: 3 },
    };
    const said = await ask(MESSAGES, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(whole) });
    expect(said).toMatchObject({
      text: 'Yes',
      reasoning: 'Hm.',
      finish: { stopReason: 'tool_calls', usage: { totalTokens: 10 } },
    });
    expect(said.finish?.toolCalls).toEqual([{ id: 't', name: 'search', arguments: { q: 1 } }]);
  });
});

describe('Ollama', () => {
  const ask = playedAnswers();

  it.each(['load', 'unload'])('%s is no end of an answer', async (reason) => {
    const { error } = await ask(OLLAMA, { body: OLLAMA.text('Half') + endOf(OLLAMA, reason) });
    expect(error?.code).toBe('incomplete_stream');
  });

  it('an answer without a reason is whole when it is done: older servers give none', async () => {
    const { finish } = await ask(OLLAMA, { body: OLLAMA.text('Whole') + line({ done: true }) });
    expect(finish?.stopReason).toBe('stop');
  });

  it('an error in the middle is told in its own words', async () => {
    const { error } = await ask(OLLAMA, {
      body: OLLAMA.text('Half') + line({ error: 'model runner has unexpectedly stopped' }),
    });
    expect(error).toMatchObject({ code: 'server', message: expect.stringContaining('unexpectedly stopped') as string });
  });

  it('an answer in one piece, and one that a gateway made events of, is the answer', async () => {
    const whole = {
      message: { role: 'assistant', content: 'Yes' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 7,
      eval_count: 3,
    };
    const headers = { 'content-type': 'application/json' };
    expect((await ask(OLLAMA, { headers, body: JSON.stringify(whole, null, 2) })).text).toBe('Yes');
    expect((await ask(OLLAMA, { body: `: hi\n\ndata: ${JSON.stringify(whole)}\n\n` })).text).toBe('Yes');
  });
});
