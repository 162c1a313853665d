import { describe, expect, it } from 'vitest';

import { UiMessageChunks } from '../../src/client/ui-message-chunks.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { chunk, completed, started, TEXT } from '../support/execution-events.js';

function typesOf(events: readonly StreamEvent[]): readonly string[] {
  const chunks = new UiMessageChunks();
  return events.flatMap((event) => chunks.take(event)).map(({ type }) => type);
}

const ENDING = ['text-end', 'finish-step', 'finish'];

describe('an execution as chunks of the AI SDK', () => {
  it('takes back what a lost attempt leaves, once', () => {
    const events = [started(0), started(1, 2), chunk(2, 'Gr', 2), started(3, 3), chunk(4, TEXT, 3), completed(5, 3)];
    expect(typesOf(events)).toEqual([
      'start',
      'start-step',
      'text-start',
      'text-delta',
      'text-end',
      'reset-step',
      'text-start',
      'text-delta',
      ...ENDING,
    ]);
  });

  it('has the stored answer in the end where what came is another', () => {
    expect(typesOf([started(0), chunk(1, 'Gr'), completed(2)])).toEqual([
      'start',
      'start-step',
      'text-start',
      'text-delta',
      'text-end',
      'reset-step',
      'text-start',
      'text-delta',
      ...ENDING,
    ]);
  });

  it('is a lost connection when an earlier turn begins again, of which nothing can be taken back', () => {
    const later = { ...started(2), turn: 2 };
    expect(() => typesOf([started(0), chunk(1, 'a'), later, started(3, 2)])).toThrow(TypeError);
    // As the AI SDK knows it.
    expect(() => typesOf([started(0), chunk(1, 'a'), later, started(3, 2)])).toThrow(/network/);
  });

  it('passes over what only a newer server knows', () => {
    const events = [started(0), { ...chunk(1, 'a'), eventType: 'sung' } as unknown as StreamEvent];
    expect(typesOf(events)).toEqual(['start', 'start-step']);
  });
});
