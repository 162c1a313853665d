import { beforeEach, describe, expect, it } from 'vitest';

import type { StreamEntry, StreamPage, StreamWake } from '../../../src/streams/stream-log.js';
import { LiveStream } from '../../../src/streams/reading/live-stream.js';
import { BEGINNING } from '../../../src/streams/reading/viewer-place.js';
import { anEntry, sequences, TERMINAL } from './viewed.js';

const ID = 'doc-1:review:1';
const ABC = [anEntry({ first: 0 }, ['a']), anEntry({ first: 1 }, ['b', 'c']), anEntry({ first: 3 }, ['d'])];

function wake(entry: StreamEntry): StreamWake {
  return { kind: 'entry', entry };
}

function aPage(entries: readonly StreamEntry[], fields: Partial<StreamPage> = {}): StreamPage {
  const last = entries.at(-1);
  const next = last === undefined ? 0 : last.first + last.events.length;
  return { executionId: ID, state: 'open', next, entries, ...fields };
}

const ABSENT = aPage([], { state: 'absent' });

describe('a live stream', () => {
  let stream: LiveStream;

  beforeEach(() => {
    stream = new LiveStream(ID, 100, 0);
  });

  function holds(): string {
    return (stream.after(BEGINNING, 1000)?.events ?? [])
      .map((event) => (event.eventType === 'content_chunk' ? event.content : event.eventType))
      .join('');
  }

  function read(page: StreamPage, askedAt = stream.next): boolean {
    return stream.takePage(page, askedAt, 0);
  }

  describe('taking wake-ups', () => {
    beforeEach(() => {
      read(aPage(ABC.slice(0, 1)));
    });

    it('holds at once what continues it', () => {
      const asks = [anEntry({ first: 1 }, ['b', 'c']), anEntry({ first: 3 }, ['d'])].map((entry) =>
        stream.take(wake(entry), 5),
      );
      expect([asks, holds(), stream.next]).toEqual([[false, false], 'abcd', 4]);
    });

    it('ignores one that is repeated', () => {
      for (const entry of [...ABC, ...ABC]) expect(stream.take(wake(entry), 5)).toBe(false);
      expect([holds(), stream.next]).toEqual(['abcd', 4]);
    });

    it.each([
      ['leaves a gap', anEntry({ first: 2 }, ['c'])],
      ['overlaps what it holds', anEntry({ first: 0 }, ['a', 'b'])],
      ['is of another opening', anEntry({ first: 1, opening: 'two' }, ['b'])],
    ])('asks for the log, and holds nothing new, when one %s', (_what, entry) => {
      expect(stream.take(wake(entry), 5)).toBe(true);
      expect([holds(), stream.next]).toEqual(['a', 1]);
    });

    it('asks for the log when something has changed', () => {
      expect(stream.take({ kind: 'changed' }, 5)).toBe(true);
    });

    it('holds everything in order when the log is read after one was lost', () => {
      expect(stream.take(wake(anEntry({ first: 3 }, ['d'])), 5)).toBe(true);
      expect(stream.range()).toMatchObject({ executionId: ID, from: 0 });
      expect(read(aPage(ABC))).toBe(false);
      expect([holds(), stream.generation]).toEqual(['abcd', 0]);
    });

    it('holds everything once when they come out of order', () => {
      const [, second, third] = ABC;
      const asks = [third, second, third].map((entry) => entry !== undefined && stream.take(wake(entry), 5));
      expect([asks, holds()]).toEqual([[true, false, false], 'abcd']);
    });

    it('notes when something last came, not when something was repeated', () => {
      for (const [now, entry] of ABC.entries()) stream.take(wake(entry), now);
      for (const entry of ABC) stream.take(wake(entry), 99);
      expect(stream.lastActivityMs).toBe(2);
    });
  });

  describe('taking pages', () => {
    it('waits while the log is absent', () => {
      expect(read(ABSENT)).toBe(false);
      expect([stream.state, stream.next, stream.generation]).toEqual(['waiting', 0, 0]);
    });

    it('takes the beginning from the log, whose opening it cannot know', () => {
      expect(stream.take(wake(anEntry({ first: 0 }, ['a'])), 0)).toBe(true);
      expect(read(aPage(ABC))).toBe(false);
      expect([stream.state, holds()]).toEqual(['open', 'abcd']);
    });

    it('asks for more when the log goes on behind the page', () => {
      expect(read(aPage(ABC.slice(0, 2), { next: 4 }))).toBe(true);
      expect(stream.range().from).toBe(2);
      expect(read(aPage(ABC.slice(1)))).toBe(false);
      expect(holds()).toBe('abcd');
    });

    it('takes only what is new of an entry that begins before', () => {
      read(aPage(ABC.slice(0, 2)));
      expect(read(aPage([...ABC.slice(1), anEntry({ first: 4, opening: 'two', attempt: 2 }, ['e'])]))).toBe(false);
      expect([holds(), stream.next]).toEqual(['abcde', 5]);
    });

    it('is closed by the terminal event', () => {
      read(aPage([anEntry({ first: 0 }, ['a'])]));
      read(aPage([anEntry({ first: 0 }, ['a']), anEntry({ first: 1, opening: 'end' }, [TERMINAL])]));
      expect([stream.state, stream.next]).toEqual(['closed', 2]);
    });
  });

  describe('asked whether there is more to read', () => {
    beforeEach(() => {
      read(aPage(ABC));
    });

    it('says no when a page of a longer log has brought nothing new', () => {
      expect(read(aPage(ABC.slice(2), { next: 9 }))).toBe(false);
      expect([holds(), stream.generation]).toEqual(['abcd', 0]);
    });

    it('says no when the log is another one each time that it is read', () => {
      const other = aPage([anEntry({ first: 3, opening: 'two' }, ['x'])]);
      const asks = [other, aPage(ABC), other, aPage(ABC), other].map((page) => read(page));
      expect(asks).toEqual([true, false, false, false, false]);
    });

    it('says yes when the log is another one and has not been for long', () => {
      read(ABSENT);
      read(aPage(ABC));
      expect(stream.takePage(aPage([], { next: 2 }), stream.next, 1000)).toBe(true);
    });
  });

  describe('when wake-ups came in while the page was read', () => {
    beforeEach(() => {
      read(aPage(ABC.slice(0, 1)));
      for (const entry of ABC.slice(1)) stream.take(wake(entry), 0);
    });

    it.each([
      ['ends before them', aPage(ABC.slice(0, 1))],
      ['was read when there was no log', ABSENT],
      ['has nothing', aPage([], { next: 1 })],
      ['has a part of them', aPage(ABC.slice(0, 2))],
    ])('does not start again for a page that %s', (_what, page) => {
      expect(read(page, 1)).toBe(false);
      expect([holds(), stream.generation]).toEqual(['abcd', 0]);
    });

    it('takes what a page has beyond them', () => {
      const page = aPage([...ABC, anEntry({ first: 4 }, ['e'])]);
      expect(read(page, 1)).toBe(false);
      expect([holds(), stream.generation]).toEqual(['abcde', 0]);
    });

    it('reads again when the log goes on behind them but the page does not reach them', () => {
      expect(read(aPage(ABC.slice(0, 1), { next: 9 }), 1)).toBe(true);
      expect([holds(), stream.generation]).toEqual(['abcd', 0]);
    });
  });

  describe('whose log has lost its tail', () => {
    beforeEach(() => {
      read(aPage(ABC));
    });

    it.each([
      ['is absent', ABSENT, false],
      ['ends earlier', aPage([], { next: 2 }), true],
      ['has grown to the same length', aPage([anEntry({ first: 3, opening: 'two' }, ['x'])]), true],
      ['has grown beyond', aPage([anEntry({ first: 3, opening: 'two' }, ['x', 'y'])]), true],
    ])('starts again from 0 when the log %s', (_what, page, readsOn) => {
      expect(read(page)).toBe(readsOn);
      expect([stream.generation, stream.next, holds(), stream.state]).toEqual([1, 0, '', 'waiting']);
      expect(stream.range().from).toBe(0);
    });

    it('holds only what has grown again', () => {
      stream.take(wake(anEntry({ first: 4, opening: 'two' }, ['y'])), 0);
      const grown = [anEntry({ first: 0, opening: 'two' }, ['v', 'w']), anEntry({ first: 2, opening: 'two' }, ['x'])];
      read(aPage([anEntry({ first: 3, opening: 'two' }, ['y'])]));
      read(aPage(grown));
      expect([holds(), stream.generation]).toEqual(['vwx', 1]);
    });

    it('begins a new log from 0 without starting again when nothing of the old one was read', () => {
      const fresh = new LiveStream(ID, 100, 0);
      fresh.takePage(ABSENT, 0, 0);
      fresh.takePage(aPage([anEntry({ first: 0, opening: 'two' }, ['x'])]), 0, 0);
      expect([fresh.generation, fresh.next]).toEqual([0, 1]);
    });
  });

  it('keeps the newest events, as many as it has room for', () => {
    const small = new LiveStream(ID, 3, 0);
    small.takePage(aPage([anEntry({ first: 0 }, ['a', 'b', 'c', 'd', 'e'])]), 0, 0);
    const held = [1, 2, 3, 4, 5].map((next) => small.after({ next, opening: 'one' }, 10)?.events);
    expect([small.base, held.map((events) => events && sequences(events))]).toEqual([
      2,
      [undefined, undefined, [3, 4], [4], []],
    ]);
    expect(small.after(BEGINNING, 10)).toBeUndefined();
  });

  describe('asked what follows a place', () => {
    beforeEach(() => {
      read(aPage([...ABC, anEntry({ first: 4, opening: 'two', attempt: 2 }, ['e', 'f'])]));
    });

    it('tells the place behind, with the opening of its last event', () => {
      expect(stream.after(BEGINNING, 4)).toMatchObject({ end: { next: 4, opening: 'one' } });
      expect(stream.after({ next: 4, opening: 'one' }, 10)).toMatchObject({ end: { next: 6, opening: 'two' } });
      expect(stream.after({ next: 6, opening: 'two' }, 10)).toEqual({ events: [], end: { next: 6, opening: 'two' } });
    });

    it.each([
      ['the event before is of another opening', { next: 4, opening: 'two' }],
      ['the event before has not come yet', { next: 8, opening: 'two' }],
    ])('tells nothing when %s', (_what, place) => {
      expect(stream.after(place, 10)).toBeUndefined();
    });
  });

  it.each([
    [undefined, BEGINNING],
    [0, { next: 1, opening: 'one' }],
    [4, { next: 5, opening: 'two' }],
    [5, undefined],
  ])('knows the place behind a cursor of %s as far as it holds it', (after, place) => {
    read(aPage([...ABC, anEntry({ first: 4, opening: 'two' }, ['e'])]));
    expect(stream.placeAfter(after)).toEqual(place);
  });

  it('leaves to the log what is before the entry that it begins at', () => {
    stream.beginAt(anEntry({ first: 7 }, ['h', 'i']), 0);
    expect([stream.base, stream.next, stream.range().from]).toEqual([7, 9, 8]);
    expect(stream.take(wake(anEntry({ first: 9 }, ['j'])), 0)).toBe(false);
  });

  it('tells everyone who follows of a change, and those who have left no more', () => {
    const told: string[] = [];
    const leave = stream.follow(() => told.push('one'));
    stream.follow(() => told.push('other'));
    leave();
    read(aPage(ABC));
    expect(told).toEqual(['other']);
  });
});
