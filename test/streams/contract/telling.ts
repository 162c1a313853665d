import { describe, expect, it } from 'vitest';

import type { StreamEventBody } from '../../../src/core/streams/stream-event.js';
import { aClaim, anEnding, anExecution, chunk, outline, readEvents, type UnderTest } from './stream-backend.js';

const told = (toolCallId: string): StreamEventBody => ({
  eventType: 'tool_result',
  toolName: 'lookup',
  toolCallId,
  result: { found: 'ä' },
});

export function telling(backend: UnderTest): void {
  describe('tell', () => {
    it('appends behind what the writer of the turn has written, from any process, all of many at once', async () => {
      const [log, other] = [backend().openLog(), backend().openLog()];
      const executionId = anExecution();
      await (await log.open(executionId, aClaim())).append([chunk('a')]);
      const ids = ['1', '2', '3', '4'];
      const stored = await Promise.all(
        ids.map((id, index) => (index % 2 === 0 ? log : other).tell(executionId, 1, [told(id)])),
      );
      expect(stored).toEqual([true, true, true, true]);
      const events = await readEvents(log, executionId);
      expect(outline(events).slice(0, 2)).toEqual(['0 1/1 attempt_started', '1 1/1 content_chunk a']);
      expect(events.slice(2).map(({ turn, attempt, sequence }) => [turn, attempt, sequence])).toEqual(
        [2, 3, 4, 5].map((sequence) => [1, 1, sequence]),
      );
      const calls = events.flatMap((event) => (event.eventType === 'tool_result' ? [event.toolCallId] : []));
      expect(calls.sort()).toEqual(ids);
      expect(events.at(-1)).toMatchObject({ toolName: 'lookup', result: { found: 'ä' } });
    });

    it('leaves the stream to the next turn, which begins behind it', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim());
      await log.tell(executionId, 1, [told('1')]);
      await (await log.open(executionId, aClaim({ epoch: 1001, turn: 2, reason: 'tools' }))).append([chunk('b')]);
      expect(outline(await readEvents(log, executionId))).toEqual([
        '0 1/1 attempt_started',
        '1 1/1 tool_result',
        '2 2/1 attempt_started',
        '3 2/1 content_chunk b',
      ]);
    });

    it('appends nothing to a log that has gone on, has ended or was never opened', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      expect(await log.tell(executionId, 1, [told('1')])).toBe(false);
      await log.open(executionId, aClaim({ turn: 2 }));
      expect(await log.tell(executionId, 1, [told('1')])).toBe(false);
      await log.close(executionId, anEnding({ turn: 2 }));
      expect(await log.tell(executionId, 2, [told('1')])).toBe(false);
      expect(await readEvents(log, executionId)).toHaveLength(2);
    });
  });
}
