import { setTimeout as delay } from 'node:timers/promises';

import { expect, it, vi } from 'vitest';
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
  const starting = opened.open(
    'storage',
    () => delay(10, 'storage'),
    (name) => Promise.resolve(void closed.push(name)),
  );
  await Promise.all([opened.close(), expect(starting).rejects.toThrow('This process is ending.')]);
  expect(closed).toEqual(['storage']);
});

it('has nothing to close of what did not open', async () => {
  const { opened, logged } = resources();
  const starting = opened.open(
    'storage',
    () => Promise.reject(new Error('no disk')),
    () => Promise.reject(new Error('what?')),
  );
  await expect(starting).rejects.toThrow('no disk');
  await opened.close();
  expect(logged).toEqual([]);
});

it('closes a part in the turn that the part has, whenever what is in it was opened', async () => {
  const { opened, closed } = resources();
  const [worker, api] = [opened.part('the worker'), opened.part('the API')];
  api.add('server', () => void closed.push('server'));
  worker.add('polling', () => void closed.push('polling'));
  await opened.close();
  expect(closed).toEqual(['server', 'polling']);
});

it('closes at once what a part opens after the end, and stops that start', async () => {
  const { opened, closed } = resources();
  const part = opened.part('the worker');
  await opened.close();
  expect(() => {
    part.add('late', () => void closed.push('late'));
  }).toThrow('This process is ending.');
  expect(closed).toEqual(['late']);
});

it('begins nothing after the end', async () => {
  const { opened } = resources();
  await opened.close();
  const begin = vi.fn(() => Promise.resolve('storage'));
  await expect(opened.open('storage', begin, () => Promise.resolve())).rejects.toThrow('This process is ending.');
  expect(begin).not.toHaveBeenCalled();
});
