import { expect, it } from 'vitest';

import { SocketOperations } from '../../../../src/api/graphql/subscriptions/socket-operations.js';

it('closes what an operation opens that begins only after its socket was closed', () => {
  const operations = new SocketOperations();
  operations.leave();
  let isOpen = true;
  const source = {
    next: () => new Promise<never>(() => undefined),
    return: () => {
      isOpen = false;
      return Promise.resolve({ value: undefined, done: true } as const);
    },
  };
  operations.begin('late').opened(source);
  expect(isOpen).toBe(false);
});
