import { describe, expect, it } from 'vitest';

import type { StreamEntry, StreamLog, StreamWake } from '../../../src/streams/stream-log.js';
import { aClaim, anEnding, anExecution, chunk, readPage, type UnderTest } from './stream-backend.js';
import { eventually } from '../../support/eventually.js';

export function watching(backend: UnderTest): void {
  describe('watch', () => {
    it('delivers what is appended, as it can be read', async () => {
      const executionId = anExecution();
      const wakes = await watched(backend().openLog(), executionId);
      const log = backend().openLog();
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a'), chunk('ü')]);
      await log.close(executionId, anEnding());
      await eventually(() => {
        expect(entriesOf(wakes)).toHaveLength(3);
      });
      expect(entriesOf(wakes)).toEqual((await readPage(log, executionId)).entries);
    });

    it('tells every watcher of an execution, and nobody else', async () => {
      const executionId = anExecution();
      const watching = backend().openLog();
      const [one, other] = [await watched(watching, executionId), await watched(watching, executionId)];
      const foreign = await watched(watching, anExecution());
      await backend().openLog().open(executionId, aClaim());
      await eventually(() => {
        expect([entriesOf(one).length, entriesOf(other).length]).toEqual([1, 1]);
      });
      expect(entriesOf(foreign)).toEqual([]);
    });

    it('wakes for an entry that is too large to be sent along', async () => {
      const executionId = anExecution();
      const wakes = await watched(backend().openLog(), executionId);
      const log = backend().openLog();
      const writer = await log.open(executionId, aClaim());
      await eventually(() => {
        expect(entriesOf(wakes)).toHaveLength(1);
      });
      const earlier = wakes.length;
      await writer.append([chunk('ü'.repeat(32_000))]);
      await eventually(() => {
        expect(wakes.length).toBe(earlier + 1);
      });
      const page = await readPage(log, executionId, 1);
      expect([{ kind: 'changed' }, { kind: 'entry', entry: page.entries[0] }]).toContainEqual(wakes.at(-1));
    });

    it('says nothing of an append that was refused', async () => {
      const executionId = anExecution();
      const log = backend().openLog();
      const old = await log.open(executionId, aClaim({ epoch: 1 }));
      const wakes = await watched(backend().openLog(), executionId);
      const successor = await log.open(executionId, aClaim({ epoch: 2 }));
      await expect(old.append([chunk('late')])).rejects.toThrow();
      await successor.append([chunk('new')]);
      await eventually(() => {
        expect(entriesOf(wakes).map(({ first }) => first)).toContain(2);
      });
      const { entries } = await readPage(log, executionId);
      expect(entries).toEqual(expect.arrayContaining([...entriesOf(wakes)]));
    });

    it('says nothing but what can be read when an append is repeated', async () => {
      const executionId = anExecution();
      const lost = await backend().openLog().open(executionId, aClaim());
      const writer = await backend().openLog().open(executionId, aClaim());
      const wakes = await watched(backend().openLog(), executionId);
      await lost.append([chunk('a')]);
      await writer.append([chunk('a')]);
      await writer.append([chunk('b')]);
      await eventually(() => {
        expect(entriesOf(wakes).map(({ first }) => first)).toContain(2);
      });
      // From the beginning: what was stored just before the watch may be told, too.
      const { entries } = await readPage(backend().openLog(), executionId);
      expect(entries).toHaveLength(3);
      expect(entries).toEqual(expect.arrayContaining([...entriesOf(wakes)]));
    });

    it('goes on when the log is removed and begins again', async () => {
      const executionId = anExecution();
      const wakes = await watched(backend().openLog(), executionId);
      const log = backend().openLog();
      for (const reason of ['first', 'worker_lost'] as const) {
        await log.remove([executionId]);
        await log.open(executionId, aClaim({ reason }));
        const { entries } = await readPage(log, executionId);
        await eventually(() => {
          expect(entriesOf(wakes).at(-1)).toEqual(entries[0]);
        });
      }
      expect(entriesOf(wakes).map(({ first }) => first)).toEqual([0, 0]);
    });

    it('is for each who watches, also for one who does so twice', async () => {
      const executionId = anExecution();
      const log = backend().openLog();
      const wakes: StreamWake[] = [];
      const onWake = (wake: StreamWake) => wakes.push(wake);
      const end = log.watch(executionId, onWake);
      log.watch(executionId, onWake);
      const others = await watched(log, executionId);
      const writer = await log.open(executionId, aClaim());
      await eventually(() => {
        expect([entriesOf(wakes).length, entriesOf(others).length]).toEqual([2, 1]);
      });
      end();
      await writer.append([chunk('a')]);
      await eventually(() => {
        expect([entriesOf(wakes).length, entriesOf(others).length]).toEqual([3, 2]);
      });
    });

    it('says nothing once it has ended, and may be ended twice', async () => {
      const executionId = anExecution();
      const watching = backend().openLog();
      const wakes: StreamWake[] = [];
      const end = watching.watch(executionId, (wake) => wakes.push(wake));
      const others = await watched(watching, executionId);
      end();
      end();
      const earlier = wakes.length;
      await backend().openLog().open(executionId, aClaim());
      await eventually(() => {
        expect(entriesOf(others)).toHaveLength(1);
      });
      expect(wakes).toHaveLength(earlier);
    });

    it('lets a reader that came before the writer find everything by wakes and reads', async () => {
      const executionId = anExecution();
      const reading = backend().openLog();
      const seen: string[] = [];
      let wakes = 0;
      reading.watch(executionId, () => (wakes += 1));
      const log = backend().openLog();
      const writer = await log.open(executionId, aClaim());
      for (const letter of 'abc') await writer.append([chunk(letter)]);
      await log.close(executionId, anEnding());
      await eventually(async () => {
        const { entries, state } = await readPage(reading, executionId, seen.length);
        seen.push(...entries.flatMap(({ events }) => events.map(({ eventType }) => eventType)));
        expect(state).toBe('closed');
      });
      expect(seen).toEqual(['attempt_started', 'content_chunk', 'content_chunk', 'content_chunk', 'failed']);
      await eventually(() => {
        expect(wakes).toBeGreaterThan(0);
      });
    });
  });
}

/** Watches until the backend is known to deliver, and gives what comes from then on. */
async function watched(log: StreamLog, executionId: string): Promise<StreamWake[]> {
  const wakes: StreamWake[] = [];
  log.watch(executionId, (wake) => wakes.push(wake));
  const probe = anExecution();
  let heard = 0;
  const end = log.watch(probe, () => (heard += 1));
  await eventually(async () => {
    // A wake-up may be lost while the backend is still being listened to: say something until one is heard.
    await (await log.open(probe, aClaim())).append([chunk('.')]);
    expect(heard).toBeGreaterThan(0);
  });
  end();
  return wakes;
}

function entriesOf(wakes: readonly StreamWake[]): readonly StreamEntry[] {
  return wakes.flatMap((wake) => (wake.kind === 'entry' ? [wake.entry] : []));
}
