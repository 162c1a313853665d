import { expect, it } from 'vitest';
import { pino } from 'pino';

import { Resources } from '../../src/compose/resources.js';

function resources(): { readonly opened: Resources; readonly closed: string[]; readonly logged: string[] } {
  const logged: string[] = [];
  const opened = new Resources(pino({}, { write: (line: string) => logged.push(line) }));
  return { opened, closed: [], logged };
}

it('closes what was opened, newest first, once, and goes on when one fails', async () => {
  const { opened, closed, logged } = resources();
  opened.add('first', () => void closed.push('first'));
  opened.add('second', () => Promise.reject(new Error('stuck')));
  opened.add('third', () => void closed.push('third'));
  await opened.close();
  await opened.close();
  expect(closed).toEqual(['third', 'first']);
  expect(logged.join('')).toContain('second did not close in order');
});

it('closes at once what a start opens after the end, and stops that start', async () => {
  const { opened, closed } = resources();
  await opened.close();
  expect(() => {
    opened.add('late', () => void closed.push('late'));
  }).toThrow('This process is ending.');
  expect(closed).toEqual(['late']);
});
