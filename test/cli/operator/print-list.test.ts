import { describe, expect, it } from 'vitest';

import { printList } from '../../../src/cli/operator/print-list.js';

const ROWS = [
  { id: 'long-id-of-one', place: 'asked', message: null },
  { id: 'two', place: 'told', message: 'No key for\nthis host' },
];
const SHAPE = {
  what: 'tokens',
  columns: ['TOKEN', 'PLACE', 'MESSAGE'],
  cells: ({ id, place, message }: (typeof ROWS)[number]) => [id, place, message],
};

function printed(width: number): readonly string[] {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  printList({ say, json: false, width }, { nodes: ROWS, pageInfo: { hasNextPage: false } }, SHAPE);
  return lines;
}

describe('a list', () => {
  it('has a line for each where there is room for it', () => {
    expect(printed(80)).toEqual([
      'TOKEN           PLACE  MESSAGE',
      'long-id-of-one  asked  -',
      'two             told   No key for this host',
    ]);
  });

  it('has what is known below the name of each where a terminal is narrower', () => {
    expect(printed(30)).toEqual([
      'long-id-of-one',
      '  place: asked',
      'two',
      '  place: told, message: No key',
      '  for this host',
    ]);
  });
});
