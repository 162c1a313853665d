import { describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import { StreamLost } from '../../../src/streams/stream-log.js';
import { randomText } from '../../support/random-text.js';
import {
  aClaim,
  anEnding,
  anExecution,
  chunk,
  outline,
  readEvents,
  readPage,
  type UnderTest,
} from './stream-backend.js';

export function closing(backend: UnderTest): void {
  describe('close', () => {
    it('appends the terminal event, under an opening of its own', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim());
      expect(await log.close(executionId, anEnding())).toBe(1);
      const { state, entries } = await readPage(log, executionId);
      expect(state).toBe('closed');
      expect(entries).toHaveLength(2);
      expect(entries[1]?.opening).not.toBe(entries[0]?.opening);
    });

    it('gives the first ending to all who come after', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim());
      await log.close(executionId, anEnding());
      const other = { eventType: 'failed', error: 'Another.', errorCode: 'terminated', status: 'terminated' } as const;
      expect(
        await backend()
          .openLog()
          .close(executionId, anEnding({ body: other })),
      ).toBe(1);
      const events = await readEvents(log, executionId);
      expect(events).toHaveLength(2);
      expect(events[1]).toMatchObject(anEnding().body);
    });

    it('gives the same sequence when it is repeated, by whomever and behind whatever was written before', async () => {
      const executionId = anExecution();
      const [log, other] = [backend().openLog(), backend().openLog()];
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a'), chunk('b')]);
      const sequences: number[] = [];
      for (const one of [log, log, other, log]) sequences.push(await one.close(executionId, anEnding()));
      expect(sequences).toEqual([3, 3, 3, 3]);
      expect(await readEvents(other, executionId)).toHaveLength(4);
    });

    it('ends a log that nobody ever opened', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      expect(await log.close(executionId, anEnding({ turn: 2, attempt: 3 }))).toBe(0);
      expect(outline(await readEvents(log, executionId))).toEqual(['0 2/3 failed']);
    });

    it.each([
      ['of quotes and line ends', 'ä"\\\n'.repeat(200_000)],
      ['of 1 MiB that hardly compresses', randomText(1024 * 1024, [0x4e00, 0x9fff])],
    ])('takes a whole answer %s with it', async (_what, text) => {
      const log = backend().openLog();
      const executionId = anExecution();
      const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
      const body = { eventType: 'completed', final_response: text, usage, length: 5, sha256: 'f00' } as const;
      await log.close(executionId, anEnding({ body }));
      expect(await readEvents(log, executionId)).toMatchObject([body]);
    });
  });

  describe('remove', () => {
    it('forgets the logs that are named and no other', async () => {
      const log = backend().openLog();
      const [first, second, kept] = [anExecution(), anExecution(), anExecution()];
      for (const executionId of [first, second, kept]) await log.open(executionId, aClaim());
      await log.remove([first, second, anExecution()]);
      await log.remove([]);
      const pages = await log.read([first, second, kept].map((executionId) => ({ executionId, from: 0, limit: 1 })));
      expect(pages.map(({ state }) => state)).toEqual(['absent', 'absent', 'open']);
    });

    it('leaves nothing behind: whatever the epoch, the log begins again at 0', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await (await log.open(executionId, aClaim({ epoch: 1000 }))).append([chunk('a')]);
      await log.close(executionId, anEnding());
      await log.remove([executionId]);
      expect(await readPage(log, executionId, 1)).toEqual({ executionId, state: 'absent', next: 0, entries: [] });
      const writer = await log.open(executionId, aClaim({ epoch: 1 }));
      await writer.append([chunk('b')]);
      expect(outline(await readEvents(log, executionId))).toEqual(['0 1/1 attempt_started', '1 1/1 content_chunk b']);
      expect(await log.close(executionId, anEnding())).toBe(2);
    });

    it('is a loss to a writer, who may open again', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a')]);
      await backend().openLog().remove([executionId]);
      await expect(writer.append([chunk('b')])).rejects.toThrow(StreamLost);
      await (await log.open(executionId, aClaim())).append([chunk('ab')]);
      expect(outline(await readEvents(log, executionId))).toEqual(['0 1/1 attempt_started', '1 1/1 content_chunk ab']);
    });
  });

  describe('shutdown', () => {
    it('lets what is on its way be stored or refused, and refuses what comes later', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      const onItsWay = writer.append([chunk('a')]).then(
        () => 2,
        () => 1,
      );
      await log.shutdown();
      const stored = await onItsWay;
      await expect(writer.append([chunk('b')])).rejects.toThrow(CircuitBreakerError);
      await expect(log.open(executionId, aClaim())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(log.close(executionId, anEnding())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(log.read([])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(() => log.watch(executionId, () => undefined)).toThrow(CircuitBreakerError);
      expect((await readPage(backend().openLog(), executionId)).next).toBe(stored);
    });
  });
}
