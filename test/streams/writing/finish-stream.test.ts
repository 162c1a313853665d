import { createHash } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import type { CompletedBody, FailedBody, StreamEvent } from '../../../src/core/streams/stream-event.js';
import { finishStream } from '../../../src/streams/writing/finish-stream.js';
import { MemoryStreamLog } from '../../../src/streams/memory/memory-stream-log.js';
import { MemoryStreams } from '../../../src/streams/memory/memory-streams.js';
import { StreamFenced, type StreamLog } from '../../../src/streams/stream-log.js';
import { aClaim, chunk, outline, readEvents, viewedText } from '../contract/stream-backend.js';
import { FaultyLog } from '../faulty-log.js';

const ID = 'doc-1:review:1';
const FAILED: FailedBody = { eventType: 'failed', error: 'Cancelled.', errorCode: 'cancelled', status: 'cancelled' };

function completed(text: string): CompletedBody {
  const bytes = Buffer.from(text);
  return {
    eventType: 'completed',
    final_response: text,
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** What the rules promise of an ended stream: the chunks of the terminal event's turn and attempt are the answer. */
function textOfEnding(events: readonly StreamEvent[]): string {
  const ending = events.at(-1);
  return events.reduce((text, event) => {
    const isPart = event.turn === ending?.turn && event.attempt === ending.attempt;
    return isPart && event.eventType === 'content_chunk' ? text + event.content : text;
  }, '');
}

describe('finishing a stream', () => {
  let log: StreamLog;

  beforeEach(() => {
    log = new MemoryStreamLog();
  });

  describe('that completed', () => {
    it('only closes it when the last attempt holds the answer', async () => {
      const writer = await log.open(ID, aClaim());
      for (const text of ['a', 'b']) await writer.append([chunk(text)]);
      expect(await finishStream(log, ID, { turn: 1, body: completed('ab') })).toBe(3);
      const expected = ['0 1/1 attempt_started', '1 1/1 content_chunk a', '2 1/1 content_chunk b', '3 1/1 completed'];
      expect(outline(await readEvents(log, ID))).toEqual(expected);
    });

    it.each([
      ['lacks the end of the answer', ['a']],
      ['has more than the answer', ['a', 'b', 'c']],
      ['has another text', ['x']],
      ['has no text', []],
    ])('restores the answer when the last attempt %s', async (_what, texts) => {
      const writer = await log.open(ID, aClaim());
      for (const text of texts) await writer.append([chunk(text)]);
      const terminal = await finishStream(log, ID, { turn: 1, body: completed('ab') });
      const events = await readEvents(log, ID);
      expect(outline(events.slice(-3))).toEqual([
        `${terminal - 2} 1/2 attempt_started`,
        `${terminal - 1} 1/2 content_chunk ab`,
        `${terminal} 1/2 completed`,
      ]);
      expect(events.at(-3)).toMatchObject({ status: 'restored' });
    });

    it('restores the answer when a later attempt voided it', { tags: 'attempts-void' }, async () => {
      await (await log.open(ID, aClaim({ epoch: 1 }))).append([chunk('ab')]);
      await log.open(ID, aClaim({ epoch: 2 }));
      await finishStream(log, ID, { turn: 1, body: completed('ab') });
      expect(viewedText(await readEvents(log, ID))).toBe('ab');
    });

    it('restores the answer when an attempt at an earlier turn voided it', async () => {
      await (await log.open(ID, aClaim({ epoch: 1, turn: 2 }))).append([chunk('ab')]);
      await log.open(ID, aClaim({ epoch: 2, turn: 1 }));
      await finishStream(log, ID, { turn: 2, body: completed('ab') });
      expect(outline(await readEvents(log, ID)).slice(3)).toEqual([
        '3 2/2 attempt_started',
        '4 2/2 content_chunk ab',
        '5 2/2 completed',
      ]);
    });

    it('looks at the text of its own turn only', async () => {
      await (await log.open(ID, aClaim({ epoch: 1, turn: 1 }))).append([chunk('call a tool')]);
      await (await log.open(ID, aClaim({ epoch: 2, turn: 2 }))).append([chunk('ab')]);
      expect(await finishStream(log, ID, { turn: 2, body: completed('ab') })).toBe(4);
    });

    it('writes the whole stream when no log is left, or none was ever begun', async () => {
      await finishStream(log, ID, { turn: 2, body: completed('ab') });
      const expected = ['0 2/1 attempt_started', '1 2/1 content_chunk ab', '2 2/1 completed'];
      expect(outline(await readEvents(log, ID))).toEqual(expected);
    });

    it('begins an attempt for an empty answer too, so that viewers see one', async () => {
      await finishStream(log, ID, { turn: 1, body: completed('') });
      expect(outline(await readEvents(log, ID))).toEqual(['0 1/1 attempt_started', '1 1/1 completed']);
    });

    it('restores a long answer in pieces, byte for byte', async () => {
      const text = `a${'🙂é'.repeat(60_000)}`;
      await finishStream(log, ID, { turn: 1, body: completed(text) });
      const events = await readEvents(log, ID);
      expect(textOfEnding(events)).toBe(text);
      expect(events.length).toBeGreaterThan(4);
    });

    it('compares a log of any length', async () => {
      const writer = await log.open(ID, aClaim());
      for (let n = 0; n < 1000; n += 1) await writer.append([chunk(`${n},`)]);
      const text = Array.from({ length: 1000 }, (_, n) => `${n},`).join('');
      expect(await finishStream(log, ID, { turn: 1, body: completed(text) })).toBe(1001);
    });

    it('fences a worker that is still writing', async () => {
      const zombie = await log.open(ID, aClaim());
      await finishStream(log, ID, { turn: 1, body: completed('ab') });
      await expect(zombie.append([chunk('late')])).rejects.toThrow(StreamFenced);
    });
  });

  describe('that failed', () => {
    it('closes it with the turn and attempt that came last', async () => {
      await log.open(ID, aClaim({ epoch: 1 }));
      await (await log.open(ID, aClaim({ epoch: 2 }))).append([chunk('ha')]);
      await finishStream(log, ID, { turn: 1, body: FAILED });
      expect(outline(await readEvents(log, ID)).at(-1)).toBe('3 1/2 failed');
    });

    it('closes it though nothing was ever written', async () => {
      expect(await finishStream(log, ID, { turn: 1, body: FAILED })).toBe(0);
      expect(outline(await readEvents(log, ID))).toEqual(['0 1/1 failed']);
    });
  });

  it('gives the sequence of the end that is there, whatever end was asked for', async () => {
    const first = await finishStream(log, ID, { turn: 1, body: completed('ab') });
    expect(await finishStream(log, ID, { turn: 1, body: completed('other') })).toBe(first);
    expect(await finishStream(log, ID, { turn: 1, body: FAILED })).toBe(first);
    expect(await readEvents(log, ID)).toHaveLength(first + 1);
  });

  it('is the same for all who do it at the same time', async () => {
    const streams = new MemoryStreams();
    const body = completed('x'.repeat(200_000));
    const finishing = Array.from({ length: 5 }, () =>
      finishStream(new MemoryStreamLog(streams), ID, { turn: 1, body }),
    );
    const sequences = await Promise.all(finishing);
    const events = await readEvents(new MemoryStreamLog(streams), ID);
    expect(sequences).toEqual(sequences.map(() => events.length - 1));
    expect(textOfEnding(events)).toBe(body.final_response);
  });

  it('goes on where an earlier one died in the middle of the answer', async () => {
    const body = completed('x'.repeat(100_000));
    const dying = new FaultyLog(log, { losesAnswers: 1 });
    await expect(finishStream(dying, ID, { turn: 1, body })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await finishStream(log, ID, { turn: 1, body });
    const events = await readEvents(log, ID);
    expect(textOfEnding(events)).toBe(body.final_response);
    expect(viewedText(events)).toBe(body.final_response);
  });

  it('throws what it can be repeated for when the backend is away', async () => {
    const away = new FaultyLog(log, { isAway: true });
    await expect(finishStream(away, ID, { turn: 1, body: FAILED })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
