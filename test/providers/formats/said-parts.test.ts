import { describe, expect, it } from 'vitest';
import { SaidParts } from '../../../src/providers/formats/said-parts.js';

const at = (item: string, output: number) => ({ item, output, content: 0 });

describe('texts that a server says more than once', () => {
  it('are said once, in pieces and as a whole', () => {
    const said = new SaidParts();
    expect([said.add(at('a', 0), 'The '), said.add(at('a', 0), 'memo.')]).toEqual(['The ', 'memo.']);
    expect([
      said.whole(at('a', 0), 'The memo.'),
      said.whole(at('a', 0), ' The memo.\n'),
      said.all(['The memo.']),
    ]).toEqual(['', '', '']);
  });

  it('are taken from the whole where there were no pieces, or not all of them', () => {
    const said = new SaidParts();
    said.add(at('a', 0), 'The ');
    expect(said.whole(at('a', 0), 'The memo.')).toBe('memo.');
    expect(said.whole(at('b', 1), 'Yes.')).toBe('Yes.');
    expect(said.all(['The memo.', 'Yes.', ' Indeed.'])).toBe(' Indeed.');
  });

  it('are lost in part where the whole is something else', () => {
    const said = new SaidParts();
    said.add(at('a', 0), 'The is clear.');
    expect(() => said.whole(at('a', 0), 'The memo is clear.')).toThrow(
      expect.objectContaining({ code: 'incomplete_stream' }),
    );
    expect(() => said.all(['The memo is clear.'])).toThrow(expect.objectContaining({ code: 'incomplete_stream' }));
  });

  it('are lost in part where pieces belong to no text of the end', () => {
    const said = new SaidParts();
    said.whole(at('a', 0), 'The memo is clear.');
    said.add(at('a', 0), 'is clear.');
    expect(() => said.all(['The memo is clear.'])).toThrow(expect.objectContaining({ code: 'incomplete_stream' }));
    const doubled = new SaidParts();
    doubled.whole(at('b', 1), 'The memo.');
    doubled.add(at('a', 0), 'memo.');
    expect(() => doubled.whole(at('a', 0), 'The memo.')).toThrow(
      expect.objectContaining({ code: 'incomplete_stream' }),
    );
  });

  it('are one where only pieces of it come again', () => {
    const said = new SaidParts();
    said.whole(at('a', 0), 'The memo.');
    expect([said.add(at('a', 1), 'The '), said.add(at('a', 1), 'memo.'), said.all(['The memo.'])]).toEqual([
      '',
      '',
      '',
    ]);
  });

  it('are one where the same item comes again in another place, or in its own', () => {
    for (const again of [1, 0]) {
      const said = new SaidParts();
      said.add(at('a', 0), 'The memo.');
      said.whole(at('a', 0), 'The memo.');
      expect([
        said.add(at('a', again), 'The '),
        said.add(at('a', again), 'memo.'),
        said.whole(at('a', again), 'The memo.'),
        said.all(['The memo.']),
      ]).toEqual(['', '', '', '']);
    }
  });

  it('are two where an item of the same id says something else', () => {
    const said = new SaidParts();
    said.add(at('a', 0), 'The memo.');
    expect([said.add(at('a', 1), 'The '), said.add(at('a', 1), 'report.')]).toEqual(['', 'The report.']);
    expect(said.add(at('a', 2), 'The me')).toBe('');
    expect(said.all(['The memo.', 'The report.', 'The me'])).toBe('The me');
  });

  it('are one where their ids change on the way', () => {
    const said = new SaidParts();
    said.add(at('a', 0), 'The memo.');
    expect([said.whole(at('b', 0), 'The memo.'), said.whole(at('c', 1), 'The memo.'), said.all(['The memo.'])]).toEqual(
      ['', '', ''],
    );
  });

  it('are what all of them are together where one place has several', () => {
    const said = new SaidParts();
    said.add(at('a', 0), 'One. ');
    said.add(at('b', 0), 'Two.');
    expect(said.all(['One. ', 'Two.'])).toBe('');
  });
});
