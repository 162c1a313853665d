import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AnswerWait } from '../../src/cli/answer-wait.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ending = new AbortController().signal;
const untold = (): void => undefined;

describe('the wait for an answer', () => {
  it('is over when the server has given no sign for as long as the limit', () => {
    const wait = new AnswerWait({ ending, limitMs: 1000, tell: untold });
    vi.advanceTimersByTime(999);
    wait.heard();
    vi.advanceTimersByTime(999);
    expect(wait.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect([wait.isOver, wait.signal.aborted]).toEqual([true, true]);
  });

  it('ends with the command, and is not over then', () => {
    const command = new AbortController();
    const wait = new AnswerWait({ ending: command.signal, limitMs: 1000, tell: untold });
    command.abort();
    expect([wait.isOver, wait.signal.aborted]).toEqual([false, true]);
    wait.end();
  });

  it('is told of once, and not when it has ended before', () => {
    const tell = vi.fn();
    const short = new AnswerWait({ ending, limitMs: 120_000, tell });
    vi.advanceTimersByTime(4999);
    short.end();
    const long = new AnswerWait({ ending, limitMs: 120_000, tell });
    vi.advanceTimersByTime(60_000);
    expect(tell).toHaveBeenCalledTimes(1);
    long.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
