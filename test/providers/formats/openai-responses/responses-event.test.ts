import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json/json.js';
import { ModelAnswer } from '../../../../src/providers/answer/model-answer.js';
import { ResponsesReader } from '../../../../src/providers/formats/openai-responses/responses-event.js';
import { nameTools } from '../../../../src/providers/request/tool-names.js';

function answer(events: readonly JsonObject[]) {
  const gathered = new ModelAnswer([], { repeatsReasons: false });
  const reader = new ResponsesReader();
  let text = '';
  for (const event of events) {
    const piece = reader.read(event);
    gathered.take(piece);
    text += piece.text ?? '';
  }
  const finish = gathered.finish(nameTools([]), { turn: 0, mayBeEmpty: false, quote: (words) => words });
  return { ...finish, text };
}

const item = (id: string, text = '') => ({
  id,
  type: 'message',
  role: 'assistant',
  content: text === '' ? [] : [{ type: 'output_text', text }],
});
const added = (id: string, output_index: number) => ({
  type: 'response.output_item.added',
  output_index,
  item: item(id),
});
const done = (id: string, output_index: number, text: string) => ({
  type: 'response.output_item.done',
  output_index,
  item: item(id, text),
});
const place = (item_id: string, output_index: number) => ({ item_id, output_index, content_index: 0 });
const delta = (id: string, output_index: number, text: string) => ({
  type: 'response.output_text.delta',
  ...place(id, output_index),
  delta: text,
});
const textDone = (id: string, output_index: number, text: string) => ({
  type: 'response.output_text.done',
  ...place(id, output_index),
  text,
});
const completed = (output: readonly JsonObject[] = []) => ({
  type: 'response.completed',
  response: { status: 'completed', output },
});

describe('an answer of the Responses API', () => {
  it('says an item once that the server says twice', () => {
    const said = (output: number) => [
      added('m', output),
      delta('m', output, '{"a":'),
      delta('m', output, '7}'),
      textDone('m', output, '{"a":7}'),
    ];
    expect(answer([...said(0), ...said(1), completed()]).text).toBe('{"a":7}');
    expect(
      answer([
        ...said(0),
        done('m', 0, '{"a":7}'),
        done('m', 0, '{"a":7}'),
        completed([item('m', '{"a":7}'), item('m', '{"a":7}')]),
      ]).text,
    ).toBe('{"a":7}');
  });

  it('has what only its last event says', () => {
    expect(answer([completed([item('m', 'Yes')])]).text).toBe('Yes');
    expect(answer([done('m', 0, 'Yes'), completed()]).text).toBe('Yes');
    expect(answer([delta('m', 0, 'Y'), completed([item('m', 'Yes')])]).text).toBe('Yes');
  });

  it('is not whole where its last event says something else', () => {
    expect(() => answer([delta('m', 0, 'The clear.'), completed([item('m', 'The memo is clear.')])])).toThrow(
      expect.objectContaining({ code: 'incomplete_stream' }),
    );
  });

  it('has one call where it is said when it begins and when it ends', () => {
    const call = (args: string) => ({ type: 'function_call', id: 'f', call_id: 'c', name: 'search', arguments: args });
    const events = [
      { type: 'response.output_item.added', output_index: 0, item: call('') },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"q":' },
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"q":1}' },
      { type: 'response.output_item.done', output_index: 0, item: call('{"q":1}') },
      completed([call('{"q":1}')]),
    ];
    const calls = [{ id: 'c', name: 'search', arguments: { q: 1 } }];
    expect(answer(events).toolCalls).toEqual(calls);
    expect(answer(events.slice(-1)).toolCalls).toEqual(calls);
  });

  it.each([
    ['failed', { error: null }, 'server'],
    ['cancelled', {}, 'server'],
    ['incomplete', { incomplete_details: { reason: 'content_filter' } }, 'content_filter'],
    ['incomplete', {}, 'incomplete_stream'],
    ['in_progress', {}, 'incomplete_stream'],
  ])('with the status %s and %j is no whole one, whatever the event is called', (status, more, code) => {
    const end = { type: 'response.completed', response: { status, ...more } };
    expect(() => answer([delta('m', 0, 'Half'), end])).toThrow(expect.objectContaining({ code }));
    expect(() => answer([{ object: 'response', status, output: [item('m', 'Half')], ...more }])).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('that does not stream is read as well', () => {
    const usage = { input_tokens: 7, output_tokens: 3 };
    const whole = { object: 'response', status: 'completed', output: [{ type: 'reasoning' }, item('m', 'Yes')], usage };
    expect(answer([whole])).toMatchObject({ text: 'Yes', usage: { totalTokens: 10 } });
  });

  it('that begins anew in its middle is not whole', () => {
    const created = (id: string) => ({ type: 'response.created', response: { id, status: 'in_progress' } });
    expect(() =>
      answer([created('a'), delta('m', 0, 'Half'), created('b'), delta('n', 0, 'Whole'), completed()]),
    ).toThrow(expect.objectContaining({ code: 'incomplete_stream' }));
  });
});
