import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.js';
import type { ModelRequest } from '../../../src/core/executions/turn.js';
import { MockModel } from '../../../src/providers/mock/mock-model.js';
import { aRequest, collect, finishOf, textOf } from '../../support/model-request.js';
import { schemasInThisThread } from '../../support/schemas.js';

function ask(options: JsonObject, fields: Partial<ModelRequest> = {}): ModelRequest {
  return aRequest({
    provider: { type: 'mock', model: 'mock-1', headers: {}, options: { delayMs: 0, ...options } },
    ...fields,
  });
}

const afterTurns = (turns: number): ModelRequest['messages'] => [
  { role: 'user', content: 'go' },
  ...Array.from({ length: turns }, () => ({ role: 'assistant' as const, content: 'done' })),
];

describe('MockModel', () => {
  it.each([
    [0, 'first'],
    [1, 'second'],
    [2, 'second'],
  ])('answers after %i turns with the scripted answer of that turn; the last repeats', async (turns, text) => {
    const request = ask({ responses: ['first', 'second'] }, { messages: afterTurns(turns) });
    expect(textOf(await collect(new MockModel(schemasInThisThread), request))).toBe(text);
  });

  it('gives a turn that is tried again, also by another process, the same answer', async () => {
    const request = ask({ responses: ['first', 'second'] });
    const texts = [
      await collect(new MockModel(schemasInThisThread), request),
      await collect(new MockModel(schemasInThisThread), request),
    ].map(textOf);
    expect(texts).toEqual(['first', 'first']);
  });

  it('asks for tools where its script says so', async () => {
    const responses = [{ toolCalls: [{ name: 'lookup', arguments: { n: 1 } }], text: 'I look.' }, { toolCalls: [] }];
    const events = await collect(new MockModel(schemasInThisThread), ask({ responses }));
    expect(textOf(events)).toBe('I look.');
    const toolCalls = [{ id: '', name: 'lookup', arguments: { n: 1 } }];
    expect(finishOf(events)).toMatchObject({ stopReason: 'tool_calls', toolCalls });
    const next = ask({ responses }, { messages: afterTurns(1) });
    expect(JSON.parse(textOf(await collect(new MockModel(schemasInThisThread), next)))).toEqual({ toolCalls: [] });
  });

  it('answers by what the tools of the turn before have said, where its script asks for it', async () => {
    const responses = [
      'first',
      { whenResultsHave: 'done', then: 'It is done.', otherwise: { toolCalls: [{ name: 'other' }] } },
    ];
    const after = (content: string) => {
      const messages = [...afterTurns(1), { role: 'tool', toolCallId: 'a', content } as const];
      return collect(new MockModel(schemasInThisThread), ask({ responses }, { messages }));
    };
    expect(textOf(await after('{"done": true}'))).toBe('It is done.');
    expect(finishOf(await after('{"error": "no"}')).toolCalls).toMatchObject([{ name: 'other' }]);
  });

  it('sends word by word, and every blank', async () => {
    const text = '  one two\n\nthree ';
    const events = await collect(new MockModel(schemasInThisThread), ask({ responses: [text] }));
    const chunks = events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
    expect(chunks).toEqual(['  one', ' two', '\n\nthree', ' ']);
  });

  it('sends a scripted object as JSON', async () => {
    const events = await collect(new MockModel(schemasInThisThread), ask({ responses: [{ decision: 'APPROVE' }] }));
    expect(JSON.parse(textOf(events))).toEqual({ decision: 'APPROVE' });
  });

  it('says that it is the mock', async () => {
    const events = await collect(new MockModel(schemasInThisThread), ask({}));
    expect(textOf(events)).toContain('mock');
    expect(finishOf(events).warnings).toEqual([expect.stringContaining('mock')]);
  });

  it('makes up an answer that fits the schema, and asks for a script where it cannot', async () => {
    const answer = (outputSchema: JsonObject) => collect(new MockModel(schemasInThisThread), ask({}, { outputSchema }));
    expect(textOf(await answer({ type: 'string' }))).toBe('"mock answer"');
    await expect(answer({ type: 'string', pattern: '^[0-9]{4}$' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('`responses`') as string,
    });
  });

  it('fails at the given chunk with the given code, after the chunks before it', async () => {
    const seen: string[] = [];
    const request = ask({ responses: ['one two three'], failAtChunk: 2, failWith: 'overloaded' });
    const call = async () => {
      for await (const event of new MockModel(schemasInThisThread).stream(request, new AbortController().signal))
        seen.push(event.type);
    };
    await expect(call()).rejects.toMatchObject({ code: 'overloaded' });
    expect(seen).toEqual(['text', 'text']);
  });

  it('fails before its end when the answer is shorter than the given chunk', async () => {
    await expect(
      collect(new MockModel(schemasInThisThread), ask({ responses: ['one'], failAtChunk: 9 })),
    ).rejects.toMatchObject({
      code: 'server',
    });
  });

  it('fails in the first attempts only, when asked to', async () => {
    const request = ask({ responses: ['one'], failAtChunk: 0, failAttempts: 1 });
    await expect(collect(new MockModel(schemasInThisThread), { ...request, attempt: 1 })).rejects.toMatchObject({
      code: 'server',
    });
    expect(textOf(await collect(new MockModel(schemasInThisThread), { ...request, attempt: 2 }))).toBe('one');
  });

  it('ends before a stop sequence', async () => {
    const request = ask({ responses: ['one two STOP three'] }, { llmConfig: { stopSequences: ['STOP'] } });
    expect(textOf(await collect(new MockModel(schemasInThisThread), request))).toBe('one two ');
  });

  it("throws the signal's own reason, also in the middle of a pause", async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled by the test');
    const call = collect(new MockModel(schemasInThisThread), ask({ delayMs: 60_000 }), controller.signal);
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it('times out when the answer takes longer than it may', async () => {
    const request = ask({ delayMs: 60_000 }, { timeoutMs: 20 });
    await expect(collect(new MockModel(schemasInThisThread), request)).rejects.toMatchObject({ code: 'timeout' });
  });
});
