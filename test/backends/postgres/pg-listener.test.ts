import { AsyncLocalStorage } from 'node:async_hooks';
import { PassThrough } from 'node:stream';

import { expect, it } from 'vitest';

import { PgListener } from '../../../src/backends/postgres/pg-listener.js';

it('the connection is made in the name of nobody, whoever listens first', () => {
  const inName = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const stream = () => {
    seen.push(inName.getStore());
    return new PassThrough();
  };
  const listener = new PgListener({ stream });
  inName.run('a viewer', () => {
    listener.listen('channel', { onConnect: () => undefined, onNotify: () => undefined });
  });
  listener.close();
  expect(seen).toEqual([undefined]);
});
