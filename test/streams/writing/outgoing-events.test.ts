import { describe, expect, it } from 'vitest';

import { OutgoingEvents } from '../../../src/streams/writing/outgoing-events.js';

const LIMIT = 64 * 1024;

function chunk(content: string) {
  return { eventType: 'content_chunk', content };
}

function thought(content?: string, status = 'reasoning') {
  return { eventType: 'thinking', status, ...(content === undefined ? {} : { content }) };
}

describe('outgoing events', () => {
  it('make one chunk of all text that waits', () => {
    const outgoing = new OutgoingEvents();
    for (const text of ['a', 'b', 'c']) outgoing.addText(text);
    expect(outgoing.take()).toEqual([chunk('abc')]);
    expect(outgoing.isEmpty).toBe(true);
  });

  it('keep thoughts where they were between the text, across takes', () => {
    const outgoing = new OutgoingEvents();
    outgoing.addThought('calling_model', '');
    outgoing.addText('a');
    outgoing.addThought('reasoning', 'hm');
    outgoing.addText('b');
    expect(outgoing.take()).toEqual([thought(undefined, 'calling_model'), chunk('a'), thought('hm'), chunk('b')]);
    outgoing.addThought('reasoning', 'so');
    outgoing.addText('c');
    expect(outgoing.take()).toEqual([thought('so'), chunk('c')]);
  });

  it('join thoughts in a row, but not those of another kind', () => {
    const outgoing = new OutgoingEvents();
    for (const content of ['one ', 'two']) outgoing.addThought('reasoning', content);
    outgoing.addThought('retrying', '');
    expect(outgoing.take()).toEqual([thought('one two'), thought(undefined, 'retrying')]);
  });

  it('go out in pieces of a bounded size, cut between characters', () => {
    const outgoing = new OutgoingEvents();
    const text = `a${'🙂'.repeat(LIMIT)}`;
    outgoing.addText(text);
    const pieces = [];
    while (!outgoing.isEmpty) pieces.push(...outgoing.take());
    const contents = pieces.map((piece) => ('content' in piece ? piece.content : ''));
    expect(contents.map(({ length }) => length)).toEqual([LIMIT - 1, LIMIT, 2]);
    expect(contents.join('')).toBe(text);
  });

  it('drop thoughts that find no room, and never text', () => {
    const outgoing = new OutgoingEvents();
    for (let n = 0; n < 5000; n += 1) {
      outgoing.addText('x');
      outgoing.addThought('reasoning', 'y'.repeat(100));
    }
    const events = [];
    while (!outgoing.isEmpty) events.push(...outgoing.take());
    const text = events.flatMap((event) => (event.eventType === 'content_chunk' ? [event.content] : [])).join('');
    expect(text).toBe('x'.repeat(5000));
    expect(events.filter(({ eventType }) => eventType === 'thinking').length).toBeLessThan(LIMIT / 100);
  });

  it('take thoughts again once earlier ones are gone', () => {
    const outgoing = new OutgoingEvents();
    for (let n = 0; n < 10; n += 1) {
      outgoing.addThought('reasoning', 'y'.repeat(LIMIT - 64));
      expect(outgoing.take()).toHaveLength(1);
    }
  });

  it('begin anew with the whole text', () => {
    const outgoing = new OutgoingEvents();
    outgoing.addText('ab');
    outgoing.take();
    outgoing.addThought('reasoning', 'hm');
    outgoing.restart('abc');
    outgoing.addThought('reasoning', 'so');
    expect(outgoing.take()).toEqual([chunk('abc'), thought('so')]);
  });
});
