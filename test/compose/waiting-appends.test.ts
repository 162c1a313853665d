import { beforeEach, expect, it } from 'vitest';

import { WaitingAppends } from '../../src/compose/waiting-appends.js';

let now: number;
let waiting: WaitingAppends;

beforeEach(() => {
  now = 1000;
  waiting = new WaitingAppends(() => now);
});

function tried(executionId: string, { ms, isOver }: { readonly ms: number; readonly isOver: boolean }): void {
  waiting.began(executionId);
  now += ms;
  waiting.ended(executionId, isOver);
}

it('is nothing where every append was taken', () => {
  tried('a', { ms: 20, isOver: true });
  expect(waiting.oldestMs()).toBe(0);
});

it('is of the one that waits the longest', () => {
  waiting.began('a');
  now += 300;
  waiting.began('b');
  now += 50;
  expect(waiting.oldestMs()).toBe(350);
  waiting.ended('a', true);
  expect(waiting.oldestMs()).toBe(50);
});

it('goes on over tries that fail, until one is taken', () => {
  for (let tries = 0; tries < 4; tries += 1) {
    tried('a', { ms: 5000, isOver: false });
    now += 2000;
  }
  expect(waiting.oldestMs()).toBe(28_000);
  tried('a', { ms: 1, isOver: true });
  expect(waiting.oldestMs()).toBe(0);
});

it('forgets one that is tried no more, since its execution is over', () => {
  tried('a', { ms: 100, isOver: false });
  now += 5000;
  expect(waiting.oldestMs()).toBe(5100);
  now += 1;
  expect(waiting.oldestMs()).toBe(0);
});

it('does not forget one that hangs, for however long', () => {
  waiting.began('a');
  now += 60_000;
  expect(waiting.oldestMs()).toBe(60_000);
});
