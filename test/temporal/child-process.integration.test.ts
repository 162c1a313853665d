import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { expect, it, onTestFinished, vi } from 'vitest';

import { startProgram } from '../../src/temporal/child-process.js';

it('a program that we start finds the environment that it is given, and nothing of ours', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'never-handed-on');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const environment = { GIVEN: 'handed on' };
  const child = startProgram(process.execPath, ['--print', 'JSON.stringify(process.env)'], { environment });
  const [said] = await Promise.all([child.stdout && text(child.stdout), once(child, 'exit')]);
  expect(JSON.parse(said ?? '')).toMatchObject(environment);
  expect(said).not.toContain('never-handed-on');
});
