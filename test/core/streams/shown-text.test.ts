import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NOTHING_SHOWN, showEvent, type ShownText } from '../../../src/core/streams/shown-text.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { chunk, completed, started, TEXT } from '../../support/execution-events.js';

function shownAfter(events: readonly StreamEvent[]): ShownText {
  return events.reduce(showEvent, NOTHING_SHOWN);
}

/** Attempts one after the other, each with the chunks that it came to. */
const attempts = fc.array(fc.array(fc.string(), { maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe('what a viewer shows', () => {
  it('is the text of the last attempt, whatever those before it said', { tags: 'attempts-void' }, () => {
    fc.assert(
      fc.property(attempts, (said) => {
        const events = said.flatMap((chunks, index) => [
          started(0, index + 1),
          ...chunks.map((content) => chunk(0, content, index + 1)),
        ]);
        const text = said.at(-1)?.join('');
        expect(shownAfter(events)).toEqual({ text, turn: 1, attempt: said.length });
      }),
    );
  });

  it('is nothing where an attempt has begun and not said anything', { tags: 'attempts-void' }, () => {
    expect(shownAfter([started(0), chunk(1, 'old'), started(2, 2)]).text).toBe('');
  });

  it('does not mix attempts where the beginning of one was lost', () => {
    expect(shownAfter([started(0), chunk(1, 'old'), chunk(3, 'new', 2)]).text).toBe('new');
  });

  it('is the stored answer at the end, also where a chunk was lost', () => {
    expect(shownAfter([started(0), chunk(1, 'Gr'), completed(3)]).text).toBe(TEXT);
  });

  it('stays as it is after events that bring no text', () => {
    const thinking: StreamEvent = { ...chunk(2, ''), eventType: 'thinking', status: 'reasoning' };
    expect(shownAfter([started(0), chunk(1, 'so far'), thinking]).text).toBe('so far');
  });
});
