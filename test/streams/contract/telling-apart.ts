import { describe, expect, it } from 'vitest';

import type { AttemptStartCode } from '../../../src/core/codes.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import { aClaim, anEnding, chunk, readEvents, type UnderTest } from './stream-backend.js';
import { eventually } from '../../support/eventually.js';

/** Ids that mean something to one backend or another, and such as might turn into each other on the way. */
const IDS = [
  'doc-7',
  'doc.7',
  'doc%2E7',
  'doc:7',
  'doc 7',
  'doc*7',
  'doc.*',
  'doc.>',
  '*',
  '>',
  '.',
  '%',
  ' ',
  'd\u00F6c',
  'd\u00C3\u00B6c',
  '执行🙂',
  'x'.repeat(200),
  '执'.repeat(200),
];

export function tellingApart(backend: UnderTest): void {
  describe('executions whose ids are alike or mean something to the backend', () => {
    it('have a log each, which is opened, appended to, read and closed by itself', async () => {
      const log = backend().openLog();
      for (const id of IDS) await begin(log, id);
      for (const id of IDS) expect((await readEvents(log, id)).map(saidBy)).toEqual([id, id]);
      for (const id of IDS) expect(await log.close(id, endingOf(id))).toBe(2);
      for (const id of IDS) expect((await readEvents(log, id)).map(saidBy)).toEqual([id, id, id]);
      await log.remove(IDS);
    });

    it('wake those who watch them, and nobody else', async () => {
      const log = backend().openLog();
      const told = new Map(IDS.map((id) => [id, new Set<string>()]));
      for (const [id, ids] of told) {
        log.watch(id, (wake) => {
          if (wake.kind === 'entry') for (const event of wake.entry.events) ids.add(saidBy(event));
        });
      }
      await eventually(async () => {
        // A wake-up may be lost while the backend is still being listened to.
        await log.remove(IDS);
        for (const id of IDS) await begin(log, id);
        expect([...told.values()].map(({ size }) => size)).not.toContain(0);
      });
      expect([...told].map(([id, ids]) => [id, [...ids]])).toEqual(IDS.map((id) => [id, [id]]));
      await log.remove(IDS);
    });

    it('are removed one at a time', async () => {
      const log = backend().openLog();
      for (const id of IDS) await begin(log, id);
      const left = new Set(IDS);
      for (const id of ['>', '*', ...IDS]) {
        await log.remove([id]);
        left.delete(id);
        const pages = await log.read(IDS.map((executionId) => ({ executionId, from: 0, limit: 1 })));
        const there = pages.filter(({ state }) => state !== 'absent').map(({ executionId }) => executionId);
        expect(there).toEqual([...left]);
      }
    });
  });
}

/** Every event says whose it is, in words that only the backend's entry can have: to a backend a reason is any text. */
async function begin(log: StreamLog, id: string): Promise<void> {
  await (await log.open(id, aClaim({ reason: id as AttemptStartCode }))).append([chunk(id)]);
}

function endingOf(id: string) {
  return anEnding({ body: { eventType: 'failed', error: id, errorCode: 'server', status: 'failed' } });
}

function saidBy(event: StreamEvent): string {
  if (event.eventType === 'attempt_started') return event.status;
  if (event.eventType === 'content_chunk') return event.content;
  return event.eventType === 'failed' ? event.error : event.eventType;
}
