import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EXECUTION_ERROR_CODES } from '../../src/core/codes.js';
import { isJsonObject, type JsonValue } from '../../src/core/json/json.js';
import { isJsonArray } from '../../src/core/json/json-fields.js';
import { readAnswer, type ReadAnswer } from '../support/read-answer.js';
import { encoded, RECORDED, type RecordedAnswer, type RecordedFrame } from './formats/contract/recorded-answers.js';
import { OLLAMA, RESPONSES } from './formats/contract/wire-under-test.js';

/** The same stories in every run, so that what fails fails again. */
const bounds = (numRuns: number) => ({ seed: 20_261_129, numRuns });

/** Whole numbers that choose: a place in a list or a text, whatever its length is. */
const choice = fc.nat({ max: 2 ** 30 });
const at = (chosen: number, length: number) => (length === 0 ? 0 : chosen % length);

/** How a body arrives: the sizes of its chunks, again and again. */
const arrival = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 });

function* arriving(body: Buffer, sizes: readonly number[]): Generator<Uint8Array> {
  for (let start = 0, nth = 0; start < body.length; nth += 1) {
    const size = sizes[nth % sizes.length] ?? 1;
    yield body.subarray(start, start + size);
    start += size;
  }
}

const bodyOf = ({ wire }: RecordedAnswer, frames: readonly RecordedFrame[]) =>
  Buffer.from(frames.map((frame) => encoded(wire, frame)).join(''));

/** It ended as a call may end, and what was shown is what is kept. */
function expectAnEnd(answer: ReadAnswer): void {
  const finishes = answer.events.filter(({ type }) => type === 'finish');
  expect(finishes).toHaveLength(answer.error === undefined ? 1 : 0);
  if (answer.error !== undefined) expect(EXECUTION_ERROR_CODES).toContain(answer.error.code);
  for (const event of answer.events) {
    if (event.type === 'text' || event.type === 'reasoning') expect(typeof event.text).toBe('string');
    if (event.type === 'usage') for (const count of Object.values(event.usage)) expect(count).toBeGreaterThanOrEqual(0);
  }
  for (const { id, name } of answer.finish?.toolCalls ?? [])
    expect([typeof id, typeof name]).toEqual(['string', 'string']);
}

describe.each(RECORDED)('a recorded answer of $wire.name', (recorded) => {
  const { wire, frames, text } = recorded;
  const whole = bodyOf(recorded, frames);
  const isOllama = wire === OLLAMA;
  /** Without the blank line behind it a frame is whole at the end of a body. */
  const behindItsEnd = bodyOf(recorded, frames.slice(0, frames.findIndex(({ ends }) => ends) + 1)).length - 2;

  it('is the same whatever the chunks are in which it comes', async () => {
    const expected = await readAnswer(wire, [whole]);
    expect(expected).toMatchObject({
      text,
      finish: { stopReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } },
    });
    await fc.assert(
      fc.asyncProperty(arrival, async (sizes) => {
        const answer = await readAnswer(wire, arriving(whole, sizes));
        expect([answer.text, answer.finish]).toEqual([expected.text, expected.finish]);
      }),
      bounds(40),
    );
  });

  it(
    'is whole if the word of its end has come, and a failure if it was cut before',
    { tags: 'provider-fails' },
    async () => {
      const around = [-2, -1, 0, 1].map((step) => behindItsEnd + step);
      const many = Array.from({ length: Math.ceil(whole.length / 5) }, (_, nth) => nth * 5);
      for (const length of [...many, ...around, whole.length]) {
        const answer = await readAnswer(wire, [whole.subarray(0, length)]);
        expectAnEnd(answer);
        expect(text.startsWith(answer.text), `cut behind ${length} bytes`).toBe(true);
        expect(answer.finish !== undefined, `cut behind ${length} bytes`).toBe(
          length >= behindItsEnd + (isOllama ? 1 : 0),
        );
        if (answer.finish !== undefined) expect(answer.text).toBe(text);
      }
    },
  );

  it('is the same with what is no part of it in between', async () => {
    const noise = isOllama
      ? ['\n', '\r\n', 'null\n', '[]\n', '{}\n', ': keepalive\n', 'event: ping\n', '{"model":"m","done":false}\n']
      : [
          '\n',
          '\r\n\r\n',
          ': keepalive\n\n',
          ':\n',
          'event: ping\ndata: {"type": "ping"}\n\n',
          'data:\n\n',
          'data: {}\n\n',
          'data: null\n\n',
          'data: []\n\n',
          'data: ping\n\n',
          'id: 7\nretry: 100\n\n',
          'event: later_invention\ndata: {"type":"later.invention","value":1}\n\n',
        ];
    const story = fc.record({
      places: fc.array(fc.tuple(choice, fc.constantFrom(...noise)), { maxLength: 12 }),
      arrival,
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ places, arrival }) => {
        const parts = frames.map((frame) => encoded(wire, frame));
        for (const [place, what] of places) parts.splice(at(place, parts.length + 1), 0, what);
        const answer = await readAnswer(wire, arriving(Buffer.from(parts.join('')), arrival));
        expect(answer).toMatchObject({ text, finish: { stopReason: 'stop' } });
      }),
      bounds(60),
    );
  });

  it('with frames that are dropped, doubled and in another order is no success without its end', async () => {
    const step = fc.tuple(fc.constantFrom('drop', 'double', 'swap'), choice, choice);
    const story = fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 6 }), cut: fc.option(choice), arrival });
    await fc.assert(
      fc.asyncProperty(story, async ({ steps, cut, arrival }) => {
        const sent = [...frames];
        for (const [what, chosen, other] of steps) {
          const from = at(chosen, sent.length);
          const [frame] = what === 'double' ? sent.slice(from, from + 1) : sent.splice(from, 1);
          if (frame !== undefined && what !== 'drop') sent.splice(at(other, sent.length + 1), 0, frame);
        }
        const kept = cut === null ? sent : sent.slice(0, at(cut, sent.length + 1));
        const answer = await readAnswer(wire, arriving(bodyOf(recorded, kept), arrival));
        expectAnEnd(answer);
        if (answer.finish === undefined) return;
        expect(kept.some(({ ends }) => ends)).toBe(true);
        // Where the provider says its text again at the end, nothing of it can be lost.
        if (wire === RESPONSES) {
          expect(answer.text).toBe(text);
          return;
        }
        expect(answer.text).toBe(kept.map(({ says }) => says).join(''));
        const lastWord = kept.findLastIndex(({ says }) => says !== '');
        expect(kept.findLastIndex(({ ends, isLast }) => ends || isLast)).toBeGreaterThanOrEqual(lastWord);
        // Behind the terminal event nothing is said.
        const terminal = kept.findIndex(({ isLast }) => isLast);
        if (terminal !== -1) expect(terminal).toBeGreaterThan(lastWord);
      }),
      bounds(150),
    );
  });

  it('with values of any type in any place ends as a call may end', async () => {
    const strange = fc.constantFrom<JsonValue>(
      ...[null, true, false, 0, -1, 1.5, 1e300, '', 'x', '\ud83d', '\0', '503', 'error', 'null', [], {}, [[]], [null]],
      ...[{ text: 'x' }, [{ text: 'x' }], { type: 'error' }, { error: { message: 'x' } }, '__proto__', { toString: 1 }],
    );
    const story = fc.record({
      changes: fc.array(fc.tuple(choice, choice, strange), { minLength: 1, maxLength: 4 }),
      arrival,
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ changes, arrival }) => {
        const sent = frames.map((frame) => structuredClone(frame.data) as JsonValue | undefined);
        for (const [frame, place, value] of changes) {
          const nth = at(frame, sent.length);
          sent[nth] = withAnother(sent[nth], place, structuredClone(value));
        }
        const body = sent.map((data) => encoded(wire, { data } as Pick<RecordedFrame, 'data'>)).join('');
        expectAnEnd(await readAnswer(wire, arriving(Buffer.from(body), arrival)));
      }),
      bounds(250),
    );
  });

  it('with bytes that are lost, changed and put in between ends as a call may end', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .constantFrom(...['{', '}', '"', '\n', '\n\n', '\r', 'data: ', '[DONE]', '\\', '{"error":', '<html>', ','])
        .map((text) => Buffer.from(text)),
    );
    const change = fc.record({
      from: choice,
      lost: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 })),
      put: bytes,
    });
    const story = fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 4 }), arrival });
    await fc.assert(
      fc.asyncProperty(story, async ({ changes, arrival }) => {
        let body = whole;
        for (const { from, lost, put } of changes) {
          const start = at(from, body.length + 1);
          body = Buffer.concat([body.subarray(0, start), put, body.subarray(start + lost)]);
        }
        expectAnEnd(await readAnswer(wire, arriving(body, arrival)));
      }),
      bounds(250),
    );
  });
});

/** The value with another one in one place of it, or as a whole. */
function withAnother(value: JsonValue | undefined, place: number, another: JsonValue): JsonValue {
  const places: ((next: JsonValue) => void)[] = [];
  const look = (inner: JsonValue): void => {
    if (isJsonArray(inner)) {
      const list = inner as JsonValue[];
      for (const [index, item] of list.entries()) {
        places.push((next) => (list[index] = next));
        look(item);
      }
    } else if (isJsonObject(inner)) {
      const object = inner as Record<string, JsonValue>;
      for (const [key, member] of Object.entries(object)) {
        places.push((next) => (object[key] = next));
        look(member);
      }
    }
  };
  if (value !== undefined) look(value);
  const put = places[at(place, places.length + 1)];
  if (put === undefined || value === undefined) return another;
  put(another);
  return value;
}
