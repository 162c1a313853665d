import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { wellFormed } from '../../../src/core/json/well-formed-text.js';
import { openAnswerStream } from '../../../src/streams/writing/gathered-answer.js';
import { MemoryStreamLog } from '../../../src/streams/memory/memory-stream-log.js';
import { aClaim, anExecution, readEvents, viewedText } from '../contract/stream-backend.js';

/** Code units cut anywhere, pairs in the middle included; `null` lets what there is go out first. */
const deltas = fc.array(
  fc.oneof(
    fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe000 })), { maxLength: 4 }),
    fc.constant(null),
  ),
);

describe('an answer stream, for any text in any deltas,', () => {
  it('appends chunks that are well-formed each, and the well-formed text together', async () => {
    const log = new MemoryStreamLog();
    await fc.assert(
      fc.asyncProperty(deltas, async (steps) => {
        const executionId = anExecution();
        const onFenced = () => undefined;
        const answer = openAnswerStream(log, executionId, { claim: aClaim(), onFenced, gatherMs: 0 });
        for (const units of steps) {
          if (units === null) await new Promise((resolve) => setImmediate(resolve));
          else answer.write(String.fromCharCode(...units));
        }
        await answer.end();
        const events = await readEvents(log, executionId);
        const whole = steps.map((units) => String.fromCharCode(...(units ?? []))).join('');
        for (const event of events) {
          if (event.eventType === 'content_chunk') expect(wellFormed(event.content)).toBe(event.content);
        }
        expect(viewedText(events)).toBe(wellFormed(whole));
        expect(answer.text).toBe(wellFormed(whole));
      }),
    );
  });
});
