import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StreamEventType } from '../../../src/core/streams/stream-event.js';
import { LiveStream } from '../../../src/streams/reading/live-stream.js';
import type { StreamEntry, StreamLog, StreamPage, StreamRange } from '../../../src/streams/stream-log.js';
import { LiveViewer, ReplayViewer, type ViewerOptions } from '../../../src/streams/reading/viewer.js';
import { BEGINNING } from '../../../src/streams/reading/viewer-place.js';
import { outline, viewedText } from '../contract/stream-backend.js';
import { anEntry, sequences, TERMINAL, viewAll, viewBatches } from './viewed.js';

const ID = 'doc-1:review:1';
const STARTED = { eventType: 'attempt_started', status: 'first' } as const;

describe('a viewer of a live stream', () => {
  let entries: StreamEntry[];
  let reads: StreamRange[];
  let left: LiveViewer[];

  beforeEach(() => {
    [entries, reads, left] = [[], [], []];
  });

  const log: Pick<StreamLog, 'read'> = {
    read: (ranges) => {
      reads.push(...ranges);
      return Promise.resolve(ranges.map((range) => page(range)));
    },
  };

  function page({ from, limit }: StreamRange) {
    const wanted = entries.filter(({ first, events }) => first + events.length > from).slice(0, limit);
    return { executionId: ID, state: 'open' as const, next: end(), entries: wanted };
  }

  function end(): number {
    const last = entries.at(-1);
    return last === undefined ? 0 : last.first + last.events.length;
  }

  /** Appends one entry of these contents; an attempt is an opening. */
  function append(contents: Parameters<typeof anEntry>[1], place: { turn?: number; attempt?: number } = {}): void {
    entries.push(anEntry({ first: end(), opening: `${place.turn ?? 1}/${place.attempt ?? 1}`, ...place }, contents));
  }

  /** Brings the ring up to the log's end. */
  function catchUp(stream: LiveStream): LiveStream {
    while (stream.takePage(page(stream.range()), stream.next, 0));
    return stream;
  }

  function caughtUp(capacity = 1000): LiveStream {
    return catchUp(new LiveStream(ID, capacity, 0));
  }

  function view(stream: LiveStream, { after, types }: ViewerOptions = {}): LiveViewer {
    const opening = entries.findLast(({ first }) => after !== undefined && first <= after)?.opening ?? '';
    const place = after === undefined ? BEGINNING : { next: after + 1, opening };
    const onLeave = (viewer: LiveViewer) => left.push(viewer);
    return new LiveViewer({
      delivered: { events: 0, merged: 0 },
      stream,
      log,
      place,
      types,
      onLeave,
      onDoubt: () => undefined,
    });
  }

  it('gets what is there, and then what comes', async () => {
    append([STARTED, 'a']);
    const stream = caughtUp();
    const viewer = view(stream);
    expect(sequences((await viewer.next()) ?? [])).toEqual([0, 1]);
    const pending = viewer.next();
    append(['b']);
    catchUp(stream);
    expect(outline((await pending) ?? [])).toEqual(['2 1/1 content_chunk b']);
    expect(reads).toEqual([]);
  });

  it('ends with the terminal event', async () => {
    append([STARTED, 'a', TERMINAL]);
    const viewer = view(caughtUp());
    expect(sequences(await viewAll(viewer))).toEqual([0, 1, 2]);
    expect([viewer.end, left]).toEqual(['ended', [viewer]]);
  });

  describe.each([
    ['before the ring', 0, [1, 2, 3, 4, 5]],
    ['within the ring', 3, [4, 5]],
    ['at the last event but one', 4, [5]],
    ['at the end', 5, []],
  ])('with a cursor %s of an ended stream', (_what, after, expected) => {
    it('gets what follows it, and then the end', async () => {
      append([STARTED]);
      for (const text of 'abcd') append([text]);
      append([TERMINAL]);
      expect(sequences(await viewAll(view(caughtUp(3), { after })))).toEqual(expected);
    });
  });

  it('waits when its cursor is the last event of an open stream', async () => {
    append([STARTED, 'a']);
    const stream = caughtUp();
    const pending = view(stream, { after: 1 }).next();
    append(['b']);
    catchUp(stream);
    expect(sequences((await pending) ?? [])).toEqual([2]);
  });

  it('gets beginnings and ends of attempts whatever it filters for', async () => {
    append([STARTED, 'a', { eventType: 'thinking', status: 'reasoning' }, 'b']);
    append([STARTED, 'c', TERMINAL], { attempt: 2 });
    const types = new Set<StreamEventType>(['thinking']);
    const events = await viewAll(view(caughtUp(), { types }));
    expect(events.map(({ sequence, eventType }) => `${sequence} ${eventType}`)).toEqual([
      '0 attempt_started',
      '2 thinking',
      '4 attempt_started',
      '6 failed',
    ]);
  });

  it('goes on waiting through what it filters out', async () => {
    append([STARTED]);
    const stream = caughtUp();
    const viewer = view(stream, { after: 0, types: new Set(['tool_call']) });
    const pending = viewer.next();
    for (const text of 'abc') {
      append([text]);
      catchUp(stream);
      await Promise.resolve();
    }
    append([TERMINAL]);
    catchUp(stream);
    expect(sequences((await pending) ?? [])).toEqual([4]);
  });

  it('gets each event by itself while it keeps up', async () => {
    append([STARTED]);
    for (let n = 0; n < 31; n += 1) append([String(n % 10)]);
    expect(await view(caughtUp()).next()).toHaveLength(32);
  });

  it('gets chunks joined when it is slow, with the last sequence of what they join', async () => {
    append([STARTED]);
    for (let n = 0; n < 40; n += 1) append([String(n % 10)]);
    const events = (await view(caughtUp()).next()) ?? [];
    expect(outline(events)).toEqual(['0 1/1 attempt_started', `40 1/1 content_chunk ${'0123456789'.repeat(4)}`]);
  });

  it(
    'never gets chunks of two attempts or turns joined, however slow it is',
    { tags: ['attempts-void', 'viewer-slow'] },
    async () => {
      for (const place of [
        { turn: 1, attempt: 1 },
        { turn: 1, attempt: 2 },
        { turn: 2, attempt: 1 },
      ]) {
        append([STARTED], place);
        for (const text of 'abcdefghijklmnop') append([text], place);
      }
      append([TERMINAL], { turn: 2, attempt: 1 });
      const events = await viewAll(view(caughtUp()));
      expect(events.map(({ turn, attempt, sequence }) => `${turn}/${attempt} ${sequence}`)).toEqual([
        '1/1 0',
        '1/1 16',
        '1/2 17',
        '1/2 33',
        '2/1 34',
        '2/1 50',
        '2/1 51',
      ]);
      expect(viewedText(events)).toBe('abcdefghijklmnop');
    },
  );

  it('reads what the ring no longer has from the log, a few entries first, then goes on in the ring', async () => {
    append([STARTED]);
    for (let n = 0; n < 300; n += 1) append([String(n % 10)]);
    append([TERMINAL]);
    const batches = await viewBatches(view(caughtUp(100)));
    expect(reads.map(({ from }) => from)).toEqual([0, 7, 22, 53, 116, 179]);
    expect(viewedText(batches.flat())).toBe('0123456789'.repeat(30));
    expect(sequences(batches.map((batch) => batch.slice(-1)).flat()).at(-1)).toBe(301);
  });

  it('reads few entries at a time while they are long, down to two, and none twice', async () => {
    append([STARTED]);
    for (let n = 0; n < 40; n += 1) append([`${n % 10}`.repeat(60_000)]);
    for (let n = 0; n < 10; n += 1) append(['.']);
    append([TERMINAL]);
    const events = await viewAll(view(caughtUp(4)));
    expect(reads.slice(0, 4).map(({ limit }) => limit)).toEqual([8, 4, 2, 2]);
    expect(viewedText(events)).toHaveLength(40 * 60_000 + 10);
    expect(events.at(-1)?.eventType).toBe('failed');
    expect(new Set(sequences(events)).size).toBe(events.length);
  });

  it('gets the whole text when the ring overtakes it between its calls', async () => {
    append([STARTED, 'a']);
    const stream = caughtUp(4);
    const viewer = view(stream);
    const events = [...((await viewer.next()) ?? [])];
    for (let n = 0; n < 50; n += 1) {
      append([String(n % 10)]);
      catchUp(stream);
      if (n % 20 === 19) events.push(...((await viewer.next()) ?? []));
    }
    append([TERMINAL]);
    catchUp(stream);
    events.push(...(await viewAll(viewer)));
    expect(viewedText(events)).toBe(`a${'0123456789'.repeat(5)}`);
    expect(sequences(events)).toEqual([...sequences(events)].sort((a, b) => a - b));
  });

  it('takes only what follows its cursor of an entry that the log stored as one', async () => {
    append([STARTED, 'a', 'b', 'c']);
    for (const text of 'def') append([text]);
    append([TERMINAL]);
    expect(sequences(await viewAll(view(caughtUp(2), { after: 1 })))).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('starts again from 0 when the log turns out to be another one', async () => {
    append([STARTED, 'a', 'b']);
    const stream = caughtUp();
    const viewer = view(stream);
    const events = [...((await viewer.next()) ?? [])];
    const pending = viewer.next();
    await new Promise((resolve) => setImmediate(resolve));
    entries = [];
    append([STARTED, 'c'], { attempt: 2 });
    append([TERMINAL], { attempt: 2 });
    catchUp(stream);
    events.push(...((await pending) ?? []), ...(await viewAll(viewer)));
    expect(sequences(events)).toEqual([0, 1, 2, 0, 1, 2]);
    expect([viewedText(events), reads]).toEqual(['c', []]);
  });

  it('leaves with nothing more, and its pending call settles', async () => {
    append([STARTED]);
    const viewer = view(caughtUp(), { after: 0 });
    const pending = viewer.next();
    await Promise.resolve();
    viewer.leave();
    viewer.leave('shutting-down');
    expect(await pending).toBeUndefined();
    expect(await viewer.next()).toBeUndefined();
    expect([viewer.end, left.length]).toEqual(['left', 1]);
  });
});

describe('a viewer of which the ring no longer has the place', () => {
  const ABSENT: StreamPage = { executionId: ID, state: 'absent', next: 0, entries: [] };
  const OLD = [STARTED, 'a', 'b', 'c', 'd'].map((content, first) => anEntry({ first }, [content]));
  const NEW = [
    anEntry({ first: 0, opening: 'two' }, [STARTED, 'x']),
    anEntry({ first: 2, opening: 'end' }, [TERMINAL]),
  ];
  let stream: LiveStream;
  let answers: ((page: StreamPage) => void)[];
  let doubts: number;
  let viewer: LiveViewer;

  beforeEach(() => {
    vi.useFakeTimers();
    [stream, answers, doubts] = [new LiveStream(ID, 1, 0), [], 0];
    stream.takePage(aPage(OLD), 0, 0);
    viewer = new LiveViewer({
      delivered: { events: 0, merged: 0 },
      stream,
      log: {
        read: () =>
          new Promise((resolve) =>
            answers.push((page) => {
              resolve([page]);
            }),
          ),
      },
      place: { next: 3, opening: 'one' },
      types: undefined,
      onLeave: () => undefined,
      onDoubt: () => (doubts += 1),
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function aPage(entries: readonly StreamEntry[], state: StreamPage['state'] = 'open'): StreamPage {
    const last = entries.at(-1);
    return { executionId: ID, state, next: last === undefined ? 0 : last.first + last.events.length, entries };
  }

  /** Answers the read that is under way. */
  async function answer(page: StreamPage): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
    answers.at(-1)?.(page);
    await vi.advanceTimersByTimeAsync(0);
  }

  it.each([
    ['nothing', aPage([])],
    ['no log', ABSENT],
    ['what came before', aPage(OLD.slice(2))],
  ])(
    'gets the new log whole when that has replaced the old one, and ended, before a read gives %s',
    async (_what, page) => {
      const viewing = viewAll(viewer);
      await vi.advanceTimersByTimeAsync(0);
      stream.takePage(ABSENT, 5, 0);
      stream.takePage(aPage(NEW, 'closed'), 0, 0);
      await answer(page);
      await vi.advanceTimersByTimeAsync(1000);
      await answer(aPage(NEW, 'closed'));
      await answer(aPage(NEW, 'closed'));
      const events = await viewing;
      expect([viewedText(events), sequences(events).slice(-3)]).toEqual(['x', [0, 1, 2]]);
    },
  );

  it('gets the new log whole when a read finds it before the stream does', async () => {
    const viewing = viewAll(viewer);
    const replaced = [...NEW.slice(0, 1), anEntry({ first: 2, opening: 'two' }, ['y', 'z', TERMINAL])];
    await answer(aPage(replaced.slice(1), 'closed'));
    await answer(aPage(replaced, 'closed'));
    expect(outline(await viewing).slice(0, 2)).toEqual(['0 1/1 attempt_started', '1 1/1 content_chunk x']);
  });

  it.each([
    ['is absent', ABSENT],
    ['has nothing for it', aPage(OLD.slice(2, 3))],
  ])('asks a log that %s again after a second, and has the stream read', async (_what, page) => {
    const pending = viewer.next();
    await answer(page);
    await vi.advanceTimersByTimeAsync(999);
    expect([answers.length, doubts]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(1);
    await answer(aPage(OLD.slice(2)));
    expect([sequences((await pending) ?? []), answers.length]).toEqual([[3, 4], 2]);
  });

  it('ends with the log when nothing follows its place', async () => {
    const pending = viewer.next();
    await answer(aPage(OLD.slice(2, 3), 'closed'));
    expect([await pending, viewer.end]).toEqual([undefined, 'ended']);
  });

  it.each([
    ['before a read has ended', undefined],
    ['between two reads of an absent log', ABSENT],
    ['between two reads that bring nothing', aPage(OLD.slice(2, 3))],
  ])('settles its call when it leaves %s, and asks no more', async (_what, page) => {
    const pending = viewer.next();
    await vi.advanceTimersByTimeAsync(0);
    if (page !== undefined) await answer(page);
    viewer.leave();
    expect(await pending).toBeUndefined();
    await answer(ABSENT);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([answers.length, vi.getTimerCount()]).toEqual([1, 0]);
  });
});

describe('a viewer of a stored stream', () => {
  it('gets all events once, and then the end', async () => {
    const { events } = anEntry({ first: 5 }, ['a', TERMINAL]);
    const viewer = new ReplayViewer(events);
    expect([await viewer.next(), await viewer.next(), viewer.end]).toEqual([events, undefined, 'ended']);
  });

  it('gets nothing after it has left', async () => {
    const viewer = new ReplayViewer(anEntry({ first: 5 }, ['a']).events);
    viewer.leave();
    expect([await viewer.next(), viewer.end]).toEqual([undefined, 'left']);
  });
});
