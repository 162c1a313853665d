import { describe, expect, it } from 'vitest';
import { RETRIED_BY_DEFAULT } from '../../../../src/core/codes.js';
import { GENERATE, OLLAMA, RESPONSES, WIRES } from '../contract/wire-under-test.js';
import { BUSY, endOf, event, line } from './answer-ends.js';
import { playedAnswers } from './played-answers.js';

const ALL = Object.values(WIRES);
const WITH_WORDS = ALL.filter((wire) => wire !== RESPONSES);

describe.each(ALL)('an answer of $name', (wire) => {
  const ask = playedAnswers();
  const begun = wire.text('The document ') + wire.text('is clear.');
  const frame = wire === OLLAMA ? line : event;

  it.each([
    'network_error',
    'error',
    'MALFORMED_FUNCTION_CALL',
    'cancelled',
    'OTHER',
    'bored',
    'insufficient_system_resource',
  ])('that ends with the reason %s is a failure, which is tried again', async (reason) => {
    const { error, finish } = await ask(wire, { body: begun + endOf(wire, reason) });
    expect(finish).toBeUndefined();
    expect(RETRIED_BY_DEFAULT).toContain(error?.code);
    expect(error?.message).toContain(reason);
  });

  it.each(['MAX_TOKENS', 'length', 'Max-Tokens', 'FinishReason.MAX_TOKENS', 'max_output_tokens', 'model_length'])(
    'that ends with the reason %s was cut off, and says so',
    async (reason) => {
      const { text, finish } = await ask(wire, { body: begun + endOf(wire, reason) });
      expect(text).toBe('The document is clear.');
      expect(finish?.stopReason).toBe('length');
      expect(finish?.warnings.join()).toContain('cut off');
    },
  );

  it.each(['SAFETY', 'content_filter', 'refusal', 'sensitive', 'RECITATION'])(
    'that ends with the reason %s was stopped by a filter',
    async (reason) => {
      const { error } = await ask(wire, { body: begun + endOf(wire, reason) });
      expect(error).toMatchObject({ code: 'content_filter', message: expect.stringContaining(reason) as string });
    },
  );

  it('is a failure with the words of an error that is no frame of the stream', async () => {
    const bare = `${JSON.stringify({ error: BUSY }, null, 2)}\n`;
    for (const body of [
      begun + bare,
      bare,
      `[${bare}]`,
      begun + (wire === OLLAMA ? '' : `error: ${JSON.stringify(BUSY)}\n\n`) + bare,
    ]) {
      const { error } = await ask(wire, { body });
      expect(error).toMatchObject({
        code: 'overloaded',
        message: expect.stringContaining('overloaded. Please try') as string,
      });
    }
  });

  it('is a failure with the words of an error in one piece with status 200, whatever type it names', async () => {
    for (const type of ['application/json', wire.contentType, 'text/plain']) {
      const { error } = await ask(wire, { headers: { 'content-type': type }, body: JSON.stringify([{ error: BUSY }]) });
      expect(error).toMatchObject({
        code: 'overloaded',
        message: expect.stringContaining('overloaded. Please try') as string,
      });
    }
  });

  it('is no failure for an error behind its end', async () => {
    const late = wire === GENERATE ? event('[DONE]') : '';
    const { text, finish } = await ask(wire, { body: begun + wire.finish('stop') + late + frame({ error: BUSY }) });
    expect([text, finish?.stopReason]).toEqual(['The document is clear.', 'stop']);
  });

  it('is whole whatever comes behind its end that is no word of it', async () => {
    const behind = ['[DONE]', '', 'ping', '{"usage":nul', '{"choices":[]}'].map((data) =>
      wire === OLLAMA ? `${data}\n` : event(data),
    );
    const late = wire === GENERATE ? event('[DONE]') : '';
    const { text, finish } = await ask(wire, { body: begun + wire.finish('stop') + late + behind.join('') });
    expect([text, finish?.stopReason]).toEqual(['The document is clear.', 'stop']);
    expect(finish?.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
  });

  it('goes on for signs of life between its frames', async () => {
    const signs = ['', ' ', 'ping', '[PING]', 'null', '0', '"keep-alive"', '[]', '{}'].flatMap((sign) =>
      wire === OLLAMA
        ? [`${sign}\n`]
        : [`data: ${sign}\n\n`, `: ${sign}\n\n`, `event: ping\ndata: ${sign}\n\n`, 'data:\n\n', 'retry: 3\n\n'],
    );
    const body = [
      ...signs,
      wire.text('The document '),
      ...signs,
      wire.text('is clear.'),
      ...signs,
      wire.finish('stop'),
      ...signs,
    ];
    const { text, finish } = await ask(wire, { body });
    expect([text, finish?.stopReason]).toEqual(['The document is clear.', 'stop']);
  });

  it('is not whole without a frame that was cut, even if the rest follows', async () => {
    const cut = wire.text('of ownership, ');
    const from = cut.indexOf('{');
    for (const at of [from + 1, from + 9, Math.floor((from + cut.length) / 2), cut.length - 6]) {
      for (const piece of [`${cut.slice(0, at)}\n\n`, cut.slice(at)]) {
        const { error, finish } = await ask(wire, { body: begun + piece + wire.finish('stop') });
        expect([piece, finish, error?.code]).toEqual([piece, undefined, 'incomplete_stream']);
      }
    }
  });

  it('is not whole when words come after its end without another', async () => {
    const { error } = await ask(wire, { body: wire.text('The ') + wire.finish('stop') + wire.text('document.') });
    expect(error?.code).toBe('incomplete_stream');
  });

  it('is read with a byte order mark, other line ends, and cuts anywhere', async () => {
    const whole = begun + wire.text(' Größe 🙂.') + wire.finish('stop');
    const bytes = Buffer.from(`\uFEFF${whole}`.replaceAll('\n', '\r\n'));
    const parts = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, part) =>
      bytes.subarray(part * 3, part * 3 + 3),
    );
    const { text } = await ask(wire, { body: parts });
    expect(text).toBe('The document is clear. Größe 🙂.');
  });

  it('that is none of its API is told as such', async () => {
    const { error } = await ask(wire, { headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' });
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('base URL') as string });
  });
});

describe.each(WITH_WORDS)('a reason to stop of $name', (wire) => {
  const ask = playedAnswers();

  it('that nobody gave leaves the answer unfinished', async () => {
    if (wire === OLLAMA) return; // `done` is its word for a good end.
    const { error } = await ask(wire, { body: wire.text('Half') + endOf(wire, null) });
    expect(error?.code).toBe('incomplete_stream');
  });

  it('comes in the words of other APIs, too', async () => {
    for (const word of ['stop', 'STOP', 'end_turn', 'stop_sequence', 'eos', 'COMPLETE', 'FinishReason.STOP']) {
      const { finish } = await ask(wire, { body: wire.text('Whole') + endOf(wire, word) });
      expect([word, finish?.stopReason]).toEqual([word, 'stop']);
    }
  });

  it('is not made good by another one behind it', async () => {
    const { finish } = await ask(wire, { body: wire.text('Half') + endOf(wire, 'length') + endOf(wire, 'stop') });
    expect(finish?.stopReason).toBe('length');
    const { error } = await ask(wire, { body: wire.text('Half') + endOf(wire, 'error') + endOf(wire, 'stop') });
    expect(error?.code).toBe('server');
  });
});
