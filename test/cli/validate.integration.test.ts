import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from 'vitest';

import { AGENT, WHOLE_FOLDER, WORKFLOW } from '../support/broken-folders.js';
import { DefinitionFolders } from '../support/definition-folders.js';

const folders = new DefinitionFolders();
afterEach(() => folders.removeAll());

/** What `circuit-breaker validate` says and exits with. */
async function validate(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const command = ['bin/circuit-breaker.js', 'validate', ...args];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('circuit-breaker validate', () => {
  it('exits with 0 where all is well', async () => {
    const folder = await folders.make(WHOLE_FOLDER);
    expect(await validate(folder)).toEqual({
      code: 0,
      stdout: '2 files: 1 agent and 1 workflow, all well.\n',
      stderr: '',
    });
  });

  it('exits with 1 and a line for each problem where something is wrong', async () => {
    const workflow = WORKFLOW.replace('toPlace: done', 'toPlace: dnoe').replace('agentId: reviewer', 'agentId: nobody');
    const folder = await folders.make({ ...WHOLE_FOLDER, 'workflows/review.yaml': workflow });
    const { code, stdout } = await validate(folder);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'workflows/review.yaml:8:14 UNKNOWN_PLACE there is no place "dnoe"',
      'workflows/review.yaml:11:16 UNKNOWN_AGENT there is no agent "nobody"',
      '2 problems in 1 file of 2.',
      '',
    ]);
  });

  it('says the same as JSON', async () => {
    const folder = await folders.make({ 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': 'name: Review\n' });
    const { code, stdout } = await validate('--json', folder);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      files: 2,
      agents: [{ file: 'agents/reviewer.yaml', id: 'reviewer' }],
      workflows: [],
      problems: ['/places', '/initialPlace', '/transitions'].map((pointer) => ({
        ...{ file: 'workflows/review.yaml', line: 1, column: 1, code: 'INVALID_VALUE' },
        ...{ message: expect.any(String) as string, pointer },
      })),
    });
  });

  it('exits with 2 where there is no folder', async () => {
    const folder = await folders.make({});
    const { code, stderr } = await validate(`${folder}/nowhere`);
    expect(code).toBe(2);
    expect(stderr).toContain('nowhere cannot be read');
  });

  it('says where definitions lie in a folder without any', async () => {
    const { code, stdout } = await validate(await folders.make({}));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\.:1:1 FOLDER_EMPTY there are no definitions: agents lie in agents/);
  });

  it('reads definitions in TypeScript, what they print going to stderr', async () => {
    const agent = `
      import { defineAgent } from 'circuit-breaker/definitions';
      console.log('loading');
      export default defineAgent({
        name: 'Reviewer',
        llmProvider: { type: 'mock', model: 'mock-1' } as const,
        prompts: { system: 'You review.', userTemplate: '{input_data}' },
      });`;
    const folder = await folders.make({ 'agents/reviewer.ts': agent, 'workflows/review.yaml': WORKFLOW });
    const said = '2 files: 1 agent and 1 workflow, all well.\n';
    expect(await validate(folder)).toEqual({ code: 0, stdout: said, stderr: 'loading\n' });
  });

  it('reads two thousand files', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => [
      [`agents/a${index}.yaml`, AGENT.replace('reviewer', `a${index}`)],
      [`workflows/w${index}.yaml`, WORKFLOW.replace('review', `w${index}`).replace('reviewer', `a${index}`)],
    ]);
    const folder = await folders.make(Object.fromEntries(many.flat()) as Record<string, string>);
    expect(await validate(folder)).toMatchObject({
      code: 0,
      stdout: '2000 files: 1000 agents and 1000 workflows, all well.\n',
    });
  });
});
