import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import { MemoryStreamLog } from '../../../src/streams/memory/memory-stream-log.js';
import { MemoryStreams } from '../../../src/streams/memory/memory-streams.js';
import type { AnswerStreamOptions } from '../../../src/streams/writing/answer-stream.js';
import { openAnswerStream } from '../../../src/streams/writing/gathered-answer.js';
import type { StreamFenced, StreamLog } from '../../../src/streams/stream-log.js';
import { aClaim, anEnding, outline, readEvents, viewedText } from '../contract/stream-backend.js';
import { FaultyLog } from '../faulty-log.js';

const ID = 'doc-1:review:1';

describe('an answer stream', () => {
  let streams: MemoryStreams;
  let log: MemoryStreamLog;
  let fenced: StreamFenced[];
  let delays: unknown[];

  beforeEach(() => {
    vi.useFakeTimers();
    streams = new MemoryStreams();
    log = new MemoryStreamLog(streams);
    [fenced, delays] = [[], []];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function open(through: StreamLog = log, options: Partial<AnswerStreamOptions> = {}) {
    return openAnswerStream(through, ID, {
      claim: aClaim(),
      onFenced: (error) => fenced.push(error),
      onDelay: (error) => delays.push(error),
      ...options,
    });
  }

  async function chunksAfter(ms: number): Promise<readonly string[]> {
    await vi.advanceTimersByTimeAsync(ms);
    const events = await readEvents(log, ID);
    return events.flatMap((event) => (event.eventType === 'content_chunk' ? [event.content] : []));
  }

  it('tells that the attempt has started before the model has said anything', async () => {
    const answer = open();
    await vi.advanceTimersByTimeAsync(0);
    expect(outline(await readEvents(log, ID))).toEqual(['0 1/1 attempt_started']);
    expect(answer.attempt).toBe(1);
  });

  it('lets the first chunk go at once and gathers the next for 20 ms', async () => {
    const answer = open();
    answer.write('a');
    expect(await chunksAfter(0)).toEqual(['a']);
    answer.write('b');
    expect(await chunksAfter(19)).toEqual(['a']);
    answer.write('c');
    expect(await chunksAfter(1)).toEqual(['a', 'bc']);
  });

  it('lets a chunk go at once after a silence', async () => {
    const answer = open();
    answer.write('a');
    await vi.advanceTimersByTimeAsync(500);
    answer.write('b');
    expect(await chunksAfter(0)).toEqual(['a', 'b']);
  });

  it('has one append in flight and merges what comes in the meantime', async () => {
    const slow = new FaultyLog(log, { appendMs: 300 });
    const answer = open(slow);
    for (let n = 0; n < 10; n += 1) {
      answer.write(String(n));
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(slow.mostAtOnce).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await chunksAfter(0)).toEqual(['0', '12345', '6789']);
  });

  it('flushes at the end without waiting to gather', async () => {
    const answer = open();
    answer.write('a');
    await vi.advanceTimersByTimeAsync(0);
    answer.write('b');
    await answer.end();
    expect(await chunksAfter(0)).toEqual(['a', 'b']);
  });

  it('holds half a character back until the next delta, or the end', async () => {
    const answer = open();
    answer.write('a\uD83D');
    expect(await chunksAfter(0)).toEqual(['a']);
    answer.write('\uDE42\uD83D');
    expect(await chunksAfter(20)).toEqual(['a', '🙂']);
    await answer.end();
    expect(answer.text).toBe('a🙂\uFFFD');
    expect(viewedText(await readEvents(log, ID))).toBe(answer.text);
  });

  it('counts the deltas that had text', async () => {
    const answer = open();
    for (const delta of ['a', '', 'b\uD83D', '\uDE42']) answer.write(delta);
    expect([answer.chunks, answer.text]).toEqual([3, 'ab🙂']);
    await answer.end();
  });

  it('tells thoughts in order with the text, well-formed', async () => {
    const answer = open();
    answer.think('calling_model');
    answer.write('a');
    answer.think('reasoning', 'b\uD83D');
    answer.think('reasoning', '\uDE42\0');
    answer.write('c');
    await answer.end();
    const events = (await readEvents(log, ID)).slice(1);
    expect(events.map((event) => ('content' in event ? event.content : event.eventType))).toEqual([
      'thinking',
      'a',
      'b🙂\uFFFD',
      'c',
    ]);
  });

  it(
    'collects the text while the backend is away, and catches up when it is back',
    { tags: 'stream-away' },
    async () => {
      const away = new FaultyLog(log, { isAway: true });
      const answer = open(away);
      for (const delta of 'abc') {
        answer.write(delta);
        await vi.advanceTimersByTimeAsync(3000);
      }
      expect(answer.text).toBe('abc');
      expect(delays).toEqual([expect.any(CircuitBreakerError)]);
      away.isAway = false;
      expect(await chunksAfter(2000)).toEqual(['abc']);
    },
  );

  it('repeats exactly the append whose outcome it did not learn', async () => {
    const faulty = new FaultyLog(log, { losesAnswers: 1 });
    const answer = open(faulty);
    answer.write('a');
    await vi.advanceTimersByTimeAsync(0);
    answer.write('b');
    expect(await chunksAfter(1000)).toEqual(['a', 'b']);
    expect(outline(await readEvents(log, ID)).at(-1)).toBe('2 1/1 content_chunk b');
  });

  it('tells of each time that the backend stops taking events, once', async () => {
    const faulty = new FaultyLog(log, { isAway: true });
    const answer = open(faulty);
    await vi.advanceTimersByTimeAsync(10_000);
    faulty.isAway = false;
    await vi.advanceTimersByTimeAsync(2000);
    faulty.isAway = true;
    answer.write('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(delays).toHaveLength(2);
  });

  it('opens again and appends the whole text when the log has lost it', async () => {
    const answer = open();
    answer.write('lost ');
    await vi.advanceTimersByTimeAsync(100);
    streams.cut(ID, 1);
    answer.write('found');
    await vi.advanceTimersByTimeAsync(1000);
    streams.cut(ID, 0);
    answer.write(' again');
    const ended = answer.end();
    await vi.advanceTimersByTimeAsync(1000);
    await ended;
    const events = await readEvents(log, ID);
    expect(viewedText(events)).toBe('lost found again');
    expect(events[0]?.eventType).toBe('attempt_started');
  });

  it('says once that it is fenced, and writes nothing more', async () => {
    const answer = open();
    answer.write('a');
    await vi.advanceTimersByTimeAsync(100);
    const successor = await log.open(ID, aClaim({ epoch: 2000 }));
    for (const delta of 'bc') {
      answer.write(delta);
      await vi.advanceTimersByTimeAsync(100);
    }
    await answer.end();
    expect(fenced).toHaveLength(1);
    expect(answer.text).toBe('abc');
    await successor.append([{ eventType: 'content_chunk', content: 'x' }]);
    expect(viewedText(await readEvents(log, ID))).toBe('x');
  });

  it('is fenced from the beginning where the stream is closed', async () => {
    await log.close(ID, anEnding());
    const answer = open();
    answer.write('late');
    await answer.end();
    expect(fenced).toHaveLength(1);
  });

  it('ends within a second when the backend is away, with its whole text, and leaves the log alone then', async () => {
    const away = new FaultyLog(log, { isAway: true });
    const answer = open(away);
    answer.write('a\uD83D');
    await vi.advanceTimersByTimeAsync(5000);
    let hasEnded = false;
    const ended = answer.end().then(() => (hasEnded = true));
    await vi.advanceTimersByTimeAsync(1000);
    expect(hasEnded).toBe(true);
    await ended;
    expect(answer.text).toBe('a\uFFFD');
    away.isAway = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await readEvents(log, ID)).toEqual([]);
  });

  it('ends within a second when the backend never answers', async () => {
    const answer = open(new FaultyLog(log, { appendMs: Infinity }));
    answer.write('a');
    await vi.advanceTimersByTimeAsync(100);
    let hasEnded = false;
    void answer.end().then(() => (hasEnded = true));
    await vi.advanceTimersByTimeAsync(1000);
    expect(hasEnded).toBe(true);
  });

  it('tries at once when it ends while it is pausing', async () => {
    const faulty = new FaultyLog(log, { isAway: true });
    const answer = open(faulty);
    answer.write('a');
    await vi.advanceTimersByTimeAsync(10_000);
    faulty.isAway = false;
    const ended = answer.end();
    await vi.advanceTimersByTimeAsync(0);
    await ended;
    expect(viewedText(await readEvents(log, ID))).toBe('a');
  });

  it('may be ended twice', async () => {
    const answer = open();
    await Promise.all([answer.end(), answer.end()]);
    expect(outline(await readEvents(log, ID))).toEqual(['0 1/1 attempt_started']);
  });
});
