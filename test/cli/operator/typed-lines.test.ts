import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { TypedLines } from '../../../src/cli/operator/typed-lines.js';

describe('lines that are typed', () => {
  it('come one by one, also when they were there before they were asked for', async () => {
    const input = new PassThrough();
    const typed = new TypedLines(input);
    input.end('one\ntwo');
    expect([await typed.next(), await typed.next(), await typed.next()]).toEqual(['one', 'two', undefined]);
  });

  it('come no more once it is closed', async () => {
    const typed = new TypedLines(new PassThrough());
    const waiting = typed.next();
    typed.close();
    expect(await waiting).toBeUndefined();
  });

  it('are one for all who wait for the same', async () => {
    const input = new PassThrough();
    const typed = new TypedLines(input);
    const waiting = [typed.next(), typed.next()];
    input.end('one\ntwo\n');
    expect(await Promise.all(waiting)).toEqual(['one', 'one']);
    expect(await typed.next()).toBe('two');
  });

  it('leave the input alone until one is wanted', () => {
    const input = new PassThrough();
    new TypedLines(input).close();
    expect(input.listenerCount('data')).toBe(0);
  });
});
