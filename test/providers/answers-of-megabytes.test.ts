import { describe, expect, it } from 'vitest';

import { nearestNames } from '../../src/core/json/nearest-names.js';
import { quoteProvider } from '../../src/providers/failures/quote-provider.js';
import { readErrorDetails } from '../../src/providers/failures/error-details.js';
import { refusedFields } from '../../src/providers/failures/refused-fields.js';
import { waitInBody, waitInHeaders } from '../../src/providers/failures/asked-wait.js';
import { readAnswer } from '../support/read-answer.js';
import { CHAT, OLLAMA, RESPONSES, WIRES } from './formats/contract/wire-under-test.js';

/** What takes the square of this has not ended when the test has to. */
const BYTES = 1_200_000;
const CHUNK = 4096;

const repeated = (piece: string, bytes = BYTES) => piece.repeat(Math.floor(bytes / piece.length));
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

function* chunks(text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

/** One for each way in which frames are told apart. */
describe.each([CHAT, OLLAMA])('a body of $name', (wire) => {
  const pieces = [
    'data:\n',
    'data: {}\n',
    'data:{"a":[\n',
    ': \n',
    'a:{\n',
    '{\n',
    '}\n',
    '[]\n',
    'x',
    '\r',
    '\\"',
    '[[{"a":',
  ];
  const nested: readonly (readonly [string, string])[] = [
    ['[', ']'],
    ['{"a":[', ']}'],
    ['[', '],[]'],
  ];
  it.each(nested)('of lists over lines, which %j opens and %j closes, is read to its end', async (open, close) => {
    const lines = 300_000;
    const body = `${open}\n`.repeat(lines) + `${close}\n`.repeat(lines);
    expect(await readAnswer(wire, chunks(body))).toMatchObject({ error: { code: 'incomplete_stream' } });
  });

  it.each(pieces)('of nothing but %j is read to its end', async (piece) => {
    expect(await readAnswer(wire, chunks(repeated(piece)))).toMatchObject({ error: { code: 'incomplete_stream' } });
  });
});

describe.each(Object.values(WIRES))('an answer of $name', (wire) => {
  it('is refused where it nests without end', async () => {
    const deep = `${'{"error":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    const body = wire === OLLAMA ? `${deep}\n` : `data: ${deep}\n\n`;
    expect(await readAnswer(wire, chunks(body))).toMatchObject({ error: { code: 'incomplete_stream' } });
  });

  it('may say a word at a time', async () => {
    const words = BYTES / 200;
    const body = wire.text('word ').repeat(words) + wire.finish('stop');
    expect(await readAnswer(wire, chunks(body))).toMatchObject({
      text: 'word '.repeat(words),
      finish: { stopReason: 'stop' },
    });
  });
});

describe('an answer of Responses', () => {
  const delta = (output_index: number, text: string) =>
    event({ type: 'response.output_text.delta', item_id: 'm', output_index, content_index: 0, delta: text });
  const whole = (output_index: number, text: string) =>
    event({ type: 'response.output_text.done', item_id: 'm', output_index, content_index: 0, text });

  it('may be said twice at once, piece by piece', async () => {
    const text = 'four';
    const times = 30_000;
    const done = [0, 1].map((output_index) => whole(output_index, text.repeat(times)));
    const body = (delta(0, text) + delta(1, text)).repeat(times) + done.join('') + RESPONSES.finish('stop');
    expect((await readAnswer(RESPONSES, chunks(body))).text).toBe(text.repeat(times));
  });

  it('may grow while other parts of it end', async () => {
    const body = (delta(0, 'a'.repeat(40)) + whole(1, 'x')).repeat(20_000) + RESPONSES.finish('stop');
    expect((await readAnswer(RESPONSES, chunks(body))).text.length).toBe(20_000 * 40 + 1);
  });

  it('has no more parts than an answer has', async () => {
    const parts = Array.from({ length: 5000 }, (_, index) => delta(index, `${index} `));
    expect(await readAnswer(RESPONSES, chunks(parts.join('')))).toMatchObject({ error: { code: 'answer_too_large' } });
  });

  it('may list many items at its end', async () => {
    const output = Array.from({ length: 30_000 }, (_, id) => ({ id: `item-${id}`, type: 'reasoning' }));
    const end = event({ type: 'response.completed', response: { status: 'completed', output } });
    expect(await readAnswer(RESPONSES, chunks(delta(0, 'Yes.') + end))).toMatchObject({ text: 'Yes.', finish: {} });
  });
});

describe('an error of megabytes', () => {
  const half = BYTES / 2;
  const much = BYTES / 3;

  it('is told once, however alike what it says inside and outside', () => {
    const inner = `${'a'.repeat(half / 2)}b${'a'.repeat(half / 4)}`;
    const details = readErrorDetails({ error: { message: 'a'.repeat(half), error: { message: inner } } });
    expect(details.message).toBe(`${'a'.repeat(half)}: ${inner}`);
  });

  it.each(['a', '.', 'a.', '[{', '://', 'sk-', 'bearer ', '%41', '&#65;', 'try again in 1 ', '1.1', ' \n'])(
    'of nothing but %j is quoted, and asks for nothing',
    (piece) => {
      const message = `x${repeated(piece, much)}!`;
      expect(quoteProvider(message, { secrets: ['a-secret-of-ours'], prompts: [message] }).length).toBeLessThan(400);
      expect(waitInBody({ error: { message } }, message)).toBeUndefined();
      expect(waitInHeaders({ 'retry-after': message }, { nowMs: 0, status: 429 })).toBeUndefined();
      const refusal = { status: 400, body: { error: { message } }, message: `unsupported ${message}` };
      expect(refusedFields(refusal, { temperature: 1 })).toEqual([]);
    },
  );

  it('offers names that are like none', () => {
    expect(nearestNames('gpt-5', ['a'.repeat(BYTES), 'gpt-5.1'], { most: 3 })).toEqual(['gpt-5.1']);
  });
});
