import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { wellFormed } from '../../../../src/core/json/well-formed-text.js';
import { MemoryStreamLog } from '../../../../src/streams/memory/memory-stream-log.js';
import { openAnswerStream } from '../../../../src/streams/writing/gathered-answer.js';
import { aClaim, anExecution, readEvents, viewedText } from '../../../streams/contract/stream-backend.js';
import { encoded, RECORDED } from '../contract/recorded-answers.js';
import { playedAnswers } from './played-answers.js';

const choice = fc.nat({ max: 2 ** 30 });
const change = fc.record({
  at: choice,
  lost: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 120 })),
  put: fc.oneof(fc.constant(''), fc.constantFrom('{', '"', '\n\n', 'data: x\n\n', '\\ud83d', '\uFEFF', '[DONE]')),
});
const story = fc.record({
  changes: fc.array(change, { maxLength: 3 }),
  sizes: fc.array(fc.integer({ min: 40, max: 900 }), { minLength: 1, maxLength: 4 }),
  breaks: fc.boolean(),
});

describe.each(RECORDED)('a recorded answer of $wire.name, broken on its way,', ({ wire, frames, text }) => {
  const ask = playedAnswers();
  const whole = Buffer.from(frames.map((frame) => encoded(wire, frame)).join(''));

  it('ends as a call may end, and what is shown of it is what is kept', async () => {
    const log = new MemoryStreamLog();
    await fc.assert(
      fc.asyncProperty(story, async ({ changes, sizes, breaks }) => {
        const body = changes.reduce((before, { at, lost, put }) => {
          const start = at % (before.length + 1);
          return Buffer.concat([before.subarray(0, start), Buffer.from(put), before.subarray(start + lost)]);
        }, whole);
        const outcome = await ask(wire, { body: chunksOf(body, sizes), breaks });
        expect(outcome.finish === undefined).toBe(outcome.error !== undefined);
        if (changes.length === 0 && !breaks) expect(outcome).toMatchObject({ text, finish: { stopReason: 'stop' } });

        const executionId = anExecution();
        const stream = openAnswerStream(log, executionId, { claim: aClaim(), onFenced: () => undefined, gatherMs: 0 });
        for (const event of outcome.events) if (event.type === 'text') stream.write(event.text);
        await stream.end();
        expect(stream.text).toBe(wellFormed(outcome.text));
        expect(viewedText(await readEvents(log, executionId))).toBe(stream.text);
      }),
      { seed: 20_261_129, numRuns: 40 },
    );
  });
});

function chunksOf(body: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const size = sizes[chunks.length % sizes.length] ?? 1;
    chunks.push(body.subarray(start, start + size));
    start += size;
  }
  return chunks;
}
