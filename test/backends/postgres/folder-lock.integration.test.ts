import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { report } from '../../support/report.js';

const HOLDER = fileURLToPath(new URL('../../support/processes/folder-holder.ts', import.meta.url));
/** A process of its own ids, as a second container on the same volume has; only root may do this. */
const IN_OTHER_NAMESPACE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const canUnshare = spawnSync('unshare', [...IN_OTHER_NAMESPACE.slice(1), 'true']).status === 0;
if (!canUnshare) report('Skipped: this user may not make PID namespaces, so that no second container can be played.');

describe('the lock of a data folder', { tags: ['folder-in-use', 'on-pglite'] }, () => {
  let parent: string;
  let children: ChildProcess[] = [];

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'cb-lock-'));
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
    await rm(parent, { recursive: true, force: true });
  });

  async function holder(
    folder: string,
    within: readonly string[] = [],
  ): Promise<{ child: ChildProcess; said: string }> {
    const command = [process.execPath, '--import', 'tsx', HOLDER, folder];
    const [program = process.execPath, ...args] = [...within, ...command];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, said: said.toString().trim() };
  }

  async function kill(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  const surroundings = [
    ['the same namespace', []],
    ...(canUnshare ? [['another PID namespace', IN_OTHER_NAMESPACE] as const] : []),
  ] as const;

  it.each(surroundings)(
    'is refused to a process in %s while its holder lives, and given when it is dead',
    async (_, within) => {
      const folder = join(parent, 'data');
      const first = await holder(folder);
      expect(first.said).toBe('locked');
      expect((await holder(folder, within)).said).toContain('is in use by process');
      await kill(first.child);
      expect((await holder(folder, within)).said).toBe('locked');
    },
  );

  it.skipIf(!canUnshare)('is kept by a holder that has the same process id as the one who asks', async () => {
    const folder = join(parent, 'data');
    expect((await holder(folder, IN_OTHER_NAMESPACE)).said).toBe('locked');
    expect((await holder(folder, IN_OTHER_NAMESPACE)).said).toContain('is in use');
  });

  it('holds for a folder whose path is too long for a socket', async () => {
    const folder = join(parent, 'x'.repeat(120));
    expect((await holder(folder)).said).toBe('locked');
    expect((await holder(folder, canUnshare ? IN_OTHER_NAMESPACE : [])).said).toContain('is in use');
  });

  it('leaves nothing of a dead holder behind', async () => {
    const folder = join(parent, 'data');
    await kill((await holder(folder)).child);
    await holder(folder);
    expect((await readdir(parent)).filter((name) => name.endsWith('.sock'))).toHaveLength(1);
  });
});
