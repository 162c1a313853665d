import { setTimeout as delay } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { allInOrder } from '../../src/compose/all-in-order.js';

it('gives what all came to, in the order of the list', async () => {
  expect(await allInOrder([delay(5, 'slow'), Promise.resolve(1)])).toEqual(['slow', 1]);
});

it('throws the failure of the first in the list that fails, whichever came first', async () => {
  const slow = delay(5).then(() => Promise.reject(new Error('storage')));
  await expect(allInOrder([slow, Promise.reject(new Error('Temporal'))])).rejects.toThrow('storage');
});

it('waits for nothing behind a failure', async () => {
  const never = new Promise(() => undefined);
  await expect(allInOrder([Promise.reject(new Error('storage')), never])).rejects.toThrow('storage');
});
