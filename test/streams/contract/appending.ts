import { describe, expect, it } from 'vitest';

import { StreamFenced, StreamLost, type StreamLog } from '../../../src/streams/stream-log.js';
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

export function appending(backend: UnderTest): void {
  describe('append', () => {
    it('stores its events as one entry, numbered without holes', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a'), { eventType: 'thinking', status: 'reasoning' }, chunk('b')]);
      await writer.append([chunk('c')]);
      const { entries, next } = await readPage(log, executionId);
      expect(entries.map(({ first, events }) => [first, events.length])).toEqual([
        [0, 1],
        [1, 3],
        [4, 1],
      ]);
      expect(new Set(entries.map(({ opening }) => opening)).size).toBe(1);
      expect(next).toBe(5);
    });

    it('keeps every field of every kind of event', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const bodies = [
        { eventType: 'thinking', status: 'reasoning', content: 'Hm, "quotes" \\ and\nlines' },
        { eventType: 'tool_call', toolName: 'search', toolCallId: 'c1', arguments: { q: ['ü', 1.5, null, true, {}] } },
        { eventType: 'tool_result', toolName: 'search', toolCallId: 'c1', result: 'none 🙂 \u2028' },
      ] as const;
      await (await log.open(executionId, aClaim())).append(bodies);
      const [, ...events] = await readEvents(log, executionId);
      expect(events).toMatchObject(bodies);
    });

    it('takes nothing at all without an entry', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await (await log.open(executionId, aClaim())).append([]);
      expect((await readPage(log, executionId)).next).toBe(1);
    });

    it(
      'changes nothing when it is repeated after an outcome that nobody learned',
      { tags: 'answer-lost' },
      async () => {
        const executionId = anExecution();
        const lost = await backend().openLog().open(executionId, aClaim());
        const writer = await backend().openLog().open(executionId, aClaim());
        await lost.append([chunk('a')]);
        await writer.append([chunk('a')]);
        await writer.append([chunk('b')]);
        const events = await readEvents(backend().openLog(), executionId);
        expect(outline(events).slice(1)).toEqual(['1 1/1 content_chunk a', '2 1/1 content_chunk b']);
      },
    );

    it('is lost when other events are there than those that it repeats', async () => {
      const executionId = anExecution();
      const one = await backend().openLog().open(executionId, aClaim());
      const other = await backend().openLog().open(executionId, aClaim());
      await one.append([chunk('a')]);
      await expect(other.append([chunk('ab')])).rejects.toThrow(StreamLost);
    });

    it('is fenced by a later epoch, and stays so', { tags: 'one-writer' }, async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const frozen = await log.open(executionId, aClaim({ epoch: 1 }));
      await frozen.append([chunk('a')]);
      const successor = await log.open(executionId, aClaim({ epoch: 2 }));
      await expect(frozen.append([chunk('b')])).rejects.toThrow(StreamFenced);
      await successor.append([chunk('c')]);
      await expect(frozen.append([chunk('b')])).rejects.toThrow(StreamFenced);
      expect(outline(await readEvents(log, executionId)).at(-1)).toBe('3 1/2 content_chunk c');
    });

    it('is fenced by a second opening of its own epoch', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const first = await log.open(executionId, aClaim());
      await first.append([chunk('a')]);
      await log.open(executionId, aClaim());
      await expect(first.append([chunk('b')])).rejects.toThrow(StreamFenced);
    });

    it('is fenced when the log is closed', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await log.close(executionId, anEnding());
      await expect(writer.append([chunk('late')])).rejects.toThrow(StreamFenced);
    });

    it.each<[string, (log: StreamLog, executionId: string) => Promise<unknown>]>([
      ['the log was closed by another', (log, executionId) => log.close(executionId, anEnding())],
      ['a later writer opened', (log, executionId) => log.open(executionId, aClaim({ epoch: 1001 }))],
    ])('may be repeated when %s since: it is there once, and the next is fenced', async (_what, overtake) => {
      const executionId = anExecution();
      const lost = await backend().openLog().open(executionId, aClaim());
      const writer = await backend().openLog().open(executionId, aClaim());
      await lost.append([chunk('a')]);
      await overtake(backend().openLog(), executionId);
      await writer.append([chunk('a')]);
      await expect(writer.append([chunk('b')])).rejects.toThrow(StreamFenced);
      await expect(writer.append([chunk('b')])).rejects.toThrow(StreamFenced);
      const [, text, overtaking, ...more] = outline(await readEvents(backend().openLog(), executionId));
      expect([text, overtaking?.startsWith('2 1/'), more]).toEqual(['1 1/1 content_chunk a', true, []]);
    });

    it('is fenced however often it is repeated when the log was closed before', async () => {
      const executionId = anExecution();
      const writer = await backend().openLog().open(executionId, aClaim());
      await backend().openLog().close(executionId, anEnding());
      for (let n = 0; n < 3; n += 1) await expect(writer.append([chunk('a')])).rejects.toThrow(StreamFenced);
      const events = await readEvents(backend().openLog(), executionId);
      expect(outline(events)).toEqual(['0 1/1 attempt_started', '1 1/1 failed']);
    });

    it('stores text that no database takes without harm to other writers', async () => {
      const log = backend().openLog();
      const [ill, well] = [anExecution(), anExecution()];
      const [illWriter, wellWriter] = await Promise.all([log.open(ill, aClaim()), log.open(well, aClaim())]);
      const result = { eventType: 'tool_result', toolName: 't', toolCallId: 'c', result: 'a\0b\uD83D' } as const;
      await Promise.all([illWriter.append([result]), wellWriter.append([chunk('fine')])]);
      expect(outline(await readEvents(log, ill)).at(-1)).toBe('1 1/1 tool_result');
      expect(outline(await readEvents(log, well)).at(-1)).toBe('1 1/1 content_chunk fine');
    });
  });

  describe('a log that lost its tail', { tags: 'stream-forgot' }, () => {
    it('is lost to its writer, who opens again with the same epoch', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a')]);
      await writer.append([chunk('b')]);
      await backend().forget(executionId, 2);
      await expect(writer.append([chunk('c')])).rejects.toThrow(StreamLost);
      const again = await log.open(executionId, aClaim());
      await again.append([chunk('abc')]);
      const expected = ['1 1/1 content_chunk a', '2 1/2 attempt_started', '3 1/2 content_chunk abc'];
      expect(outline(await readEvents(log, executionId)).slice(1)).toEqual(expected);
    });

    it('grows again under another opening also where its opening is all that is left', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a')]);
      await backend().forget(executionId, 1);
      await expect(writer.append([chunk('b')])).rejects.toThrow(StreamLost);
      await (await log.open(executionId, aClaim())).append([chunk('ab')]);
      const { entries } = await readPage(log, executionId);
      expect(outline(entries.flatMap(({ events }) => events)).slice(1)).toEqual([
        '1 1/2 attempt_started',
        '2 1/2 content_chunk ab',
      ]);
      expect(entries[1]?.opening).not.toBe(entries[0]?.opening);
    });

    it('is fenced to a writer in whose last place a later one has opened since', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim({ epoch: 1 }));
      await writer.append([chunk('a')]);
      await backend().forget(executionId, 1);
      await log.open(executionId, aClaim({ epoch: 2 }));
      await expect(writer.append([chunk('b')])).rejects.toThrow(StreamFenced);
      expect(await readEvents(log, executionId)).toHaveLength(2);
    });

    it('is lost to a writer in whose last place an entry of another length stands', async () => {
      const executionId = anExecution();
      const writer = await backend().openLog().open(executionId, aClaim());
      const twin = await backend().openLog().open(executionId, aClaim());
      await writer.append([chunk('a')]);
      await backend().forget(executionId, 1);
      await twin.append([chunk('a'), chunk('b')]);
      await expect(writer.append([chunk('c')])).rejects.toThrow(StreamLost);
      expect(await readEvents(backend().openLog(), executionId)).toHaveLength(3);
    });

    it('is lost, not fenced, when an earlier opening of the same epoch comes to light', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await (await log.open(executionId, aClaim())).append([chunk('a')]);
      const writer = await log.open(executionId, aClaim());
      await backend().forget(executionId, 2);
      await expect(writer.append([chunk('b')])).rejects.toThrow(StreamLost);
    });

    it('is lost when nothing is left of it', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await backend().forget(executionId, 0);
      await expect(writer.append([chunk('a')])).rejects.toThrow(StreamLost);
      expect((await log.open(executionId, aClaim())).attempt).toBe(1);
    });

    it('grows again under another opening', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim());
      const before = await readPage(log, executionId);
      await backend().forget(executionId, 0);
      await log.open(executionId, aClaim());
      const after = await readPage(log, executionId);
      expect(after.entries[0]?.first).toBe(before.entries[0]?.first);
      expect(after.entries[0]?.opening).not.toBe(before.entries[0]?.opening);
    });
  });
}
