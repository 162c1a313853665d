import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, describe, expect, it } from 'vitest';

import { identityOf, isCertainlyRunning, isRunning } from '../../../src/backends/postgres/running-process.js';
import { eventually } from '../../support/eventually.js';

describe.skipIf(process.platform !== 'linux')('a process', () => {
  let parent: ChildProcess | undefined;
  afterEach(() => parent?.kill('SIGKILL'));

  it('has ended when its parent has not asked for its end yet', async () => {
    // The shell becomes a program that asks for the end of nobody.
    parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [said] = (await once(parent.stdout ?? parent, 'data')) as [Buffer];
    const child = identityOf(Number(said.toString()));
    expect([isRunning(child), isCertainlyRunning(child)]).toEqual([true, true]);
    process.kill(child.pid, 'SIGKILL');
    await eventually(() => {
      expect([isRunning(child), isCertainlyRunning(child)]).toEqual([false, false]);
    });
    expect(process.kill(child.pid, 0)).toBe(true);
  });

  it('is another one when it started at another time, or since another start of the machine', () => {
    const own = identityOf(process.pid);
    expect(isCertainlyRunning(own)).toBe(true);
    expect([isRunning, isCertainlyRunning].map((is) => is({ ...own, startedAt: '1' }))).toEqual([false, false]);
    expect(isCertainlyRunning({ ...own, bootId: 'another' })).toBe(false);
    expect(isCertainlyRunning({ pid: process.pid })).toBe(false);
  });
});
