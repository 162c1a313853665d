import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServerWatch } from '../../src/backends/server-watch.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { MemoryLogger } from '../support/memory-logger.js';

const AWAY = new CircuitBreakerError('UNAVAILABLE', 'The server cannot be reached (ECONNREFUSED).');
let logger: MemoryLogger;
let watch: ServerWatch;

beforeEach(() => {
  vi.useFakeTimers();
  logger = new MemoryLogger();
  watch = new ServerWatch({ place: 'The server', logger });
});
afterEach(() => {
  vi.useRealTimers();
});

const answer = () => watch.over(Promise.resolve('an answer'));
const fail = (error: Error = AWAY) => expect(watch.over(Promise.reject(error))).rejects.toBe(error);
const messages = () => logger.lines.map(({ message }) => message);

describe('the watch over a server', () => {
  it('says that it cannot be used, and once that it can be again', async () => {
    await answer();
    await fail();
    await vi.advanceTimersByTimeAsync(20_000);
    await fail();
    for (const _ of [1, 2]) await answer();
    await vi.advanceTimersByTimeAsync(5000);
    expect(logger.lines[0]?.facts).toEqual({ code: 'UNAVAILABLE', message: AWAY.message });
    const cannot = 'a server cannot be used: what needs it waits, and is tried again';
    expect(messages()).toEqual([cannot, cannot, 'The server can be used again, after 20 s']);
  });

  it('takes one that answers reads and refuses writes for one that cannot be used', async () => {
    await answer();
    for (let second = 0; second < 10; second += 1) {
      await fail();
      await answer();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(messages().join()).not.toContain('again, after');
    await vi.advanceTimersByTimeAsync(4000);
    expect(messages().at(-1)).toBe('The server can be used again, after 9 s');
  });

  it('says nothing of what is wrong with a question, nor before the first answer, nor after its end', async () => {
    await fail();
    await answer();
    await fail(new CircuitBreakerError('STORAGE_REFUSED', 'Not this.'));
    await fail(new Error('a defect'));
    watch.end();
    await fail();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(messages()).toEqual([]);
  });
});
