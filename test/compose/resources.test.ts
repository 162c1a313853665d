import { setTimeout as delay } from 'node:timers/promises';

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

it('waits for what is being opened when the end comes, to close it, and stops that start', async () => {
  const { opened, closed } = resources();
  const opening = delay(10, 'storage');
  const starting = opened.open('storage', opening, (name) => Promise.resolve(void closed.push(name)));
  await Promise.all([opened.close(), expect(starting).rejects.toThrow('This process is ending.')]);
  expect(closed).toEqual(['storage']);
});

it('has nothing to close of what did not open', async () => {
  const { opened, logged } = resources();
  const starting = opened.open('storage', Promise.reject(new Error('no disk')), () =>
    Promise.reject(new Error('what?')),
  );
  await expect(starting).rejects.toThrow('no disk');
  await opened.close();
  expect(logged).toEqual([]);
});
