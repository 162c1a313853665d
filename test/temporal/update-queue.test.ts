import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { UpdateQueue } from '../../src/temporal/update-queue.js';

const never = () => new Promise<never>(() => undefined);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('refuses a change whose turn does not come in time, and does not make it when there is room later', async () => {
  const queue = new UpdateQueue();
  let free: () => void = () => undefined;
  void queue.run('t', () => new Promise<void>((resolve) => (free = resolve)));
  for (let one = 1; one < 5; one += 1) void queue.run('t', never);
  const late = vi.fn(() => Promise.resolve('made'));
  const refused = expect(queue.run('t', late)).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    message: expect.stringContaining('it was not made') as string,
    facts: { retryAfterSeconds: 1 },
  });
  await vi.runAllTimersAsync();
  await refused;
  free();
  await vi.runAllTimersAsync();
  expect(late).not.toHaveBeenCalled();
  expect(await queue.run('t', () => Promise.resolve('made'))).toBe('made');
});

it('lets those through in order whose turn comes, and no timer stays behind', async () => {
  const queue = new UpdateQueue();
  const made: number[] = [];
  const changes = Array.from({ length: 20 }, (_, index) =>
    queue.run('t', async () => {
      await Promise.resolve();
      made.push(index);
    }),
  );
  await Promise.all(changes);
  expect(made).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(vi.getTimerCount()).toBe(0);
});
