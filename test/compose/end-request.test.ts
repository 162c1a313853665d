import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { EndRequest, exitCodeOf } from '../../src/compose/end-request.js';

let request: EndRequest;

beforeEach(() => {
  request = new EndRequest();
});
afterEach(() => {
  request.release();
  vi.restoreAllMocks();
});

/** As Node tells a process of a signal. */
function signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  process.emit(name);
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('hears %s', async (name) => {
  expect(request.reason).toBeUndefined();
  signal(name);
  await request.received();
  expect(request.reason).toBe(name);
  expect(request.signal.aborted).toBe(true);
});

it('takes lost output for SIGPIPE, and keeps to the first reason', () => {
  request.outputLost();
  signal('SIGTERM');
  expect(request.reason).toBe('SIGPIPE');
});

it('takes signals that come together for one wish: the terminal and npm both pass Ctrl-C on', () => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  signal('SIGINT');
  signal('SIGINT');
  expect(exit).not.toHaveBeenCalled();
});

it('ends the process at once when it is asked again later', async () => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  signal('SIGTERM');
  while (exit.mock.calls.length === 0) {
    await delay(50);
    signal('SIGINT');
  }
  expect(exit).toHaveBeenCalledWith(130);
});

it('has the exit codes that shells know', () => {
  expect((['SIGHUP', 'SIGINT', 'SIGPIPE', 'SIGTERM'] as const).map(exitCodeOf)).toEqual([129, 130, 141, 143]);
});
