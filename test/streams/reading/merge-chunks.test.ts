import { describe, expect, it } from 'vitest';

import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { mergeChunks } from '../../../src/streams/reading/merge-chunks.js';
import { outline, viewedText } from '../contract/stream-backend.js';
import { anEntry, TERMINAL } from './viewed.js';

const STARTED = { eventType: 'attempt_started', status: 'first' } as const;

function events(...entries: readonly (readonly StreamEvent[])[]): readonly StreamEvent[] {
  return entries.flat();
}

describe('merging chunks', () => {
  it('joins neighbours into one that carries the last sequence and time', () => {
    const early = anEntry({ first: 3 }, ['a', 'b']).events;
    const late = anEntry({ first: 5 }, ['ü']).events.map((event) => ({
      ...event,
      timestamp: '2026-01-01T00:00:09.000Z',
    }));
    const merged = mergeChunks(events(early, late));
    expect(outline(merged)).toEqual(['5 1/1 content_chunk abü']);
    expect(merged[0]?.timestamp).toBe('2026-01-01T00:00:09.000Z');
  });

  it.each([
    ['attempts', { attempt: 2 }],
    ['turns', { turn: 2 }],
  ])('keeps chunks of different %s apart', (_what, other) => {
    const merged = mergeChunks(
      events(anEntry({ first: 0 }, ['a', 'b']).events, anEntry({ first: 2, ...other }, ['c', 'd']).events),
    );
    expect(merged.map((event) => [event.sequence, 'content' in event ? event.content : ''])).toEqual([
      [1, 'ab'],
      [3, 'cd'],
    ]);
  });

  it.each([
    ['a thought', { eventType: 'thinking', status: 'reasoning', content: 'x' }],
    ['a tool call', { eventType: 'tool_call', toolName: 't', toolCallId: '1', arguments: {} }],
    ['the beginning of an attempt', STARTED],
  ] as const)('leaves %s in its place between chunks', (_what, body) => {
    const merged = mergeChunks(anEntry({ first: 0 }, ['a', 'b', body, 'c', 'd']).events);
    expect(merged.map(({ sequence, eventType }) => [sequence, eventType])).toEqual([
      [1, 'content_chunk'],
      [2, body.eventType],
      [4, 'content_chunk'],
    ]);
  });

  it('joins up to 64 Ki characters, which is what a writer puts into one', () => {
    const [long, short] = ['x'.repeat(40_000), 'y'.repeat(20_000)];
    const merged = mergeChunks(anEntry({ first: 0 }, [long, short, long, short, short]).events);
    expect(merged.map(({ sequence }) => sequence)).toEqual([1, 3, 4]);
    expect(viewedText(merged)).toBe([long, short, long, short, short].join(''));
  });

  it('never joins thoughts', () => {
    const thoughts = anEntry({ first: 0 }, [
      { eventType: 'thinking', status: 'reasoning', content: 'a' },
      { eventType: 'thinking', status: 'reasoning', content: 'b' },
    ]).events;
    expect(mergeChunks(thoughts)).toEqual(thoughts);
  });

  it('changes nothing of what it was given, which other viewers share', () => {
    const given = anEntry({ first: 0 }, [STARTED, 'a', 'b', TERMINAL]).events;
    const before = structuredClone(given);
    expect(viewedText(mergeChunks(given))).toBe('ab');
    expect(given).toEqual(before);
  });

  it('makes nothing of nothing', () => {
    expect(mergeChunks([])).toEqual([]);
  });
});
