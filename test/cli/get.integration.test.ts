import { execFile } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ToolOffer } from '../../src/core/agents/tool-offer.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { AGENT, WHOLE_FOLDER, WORKFLOW } from '../support/broken-folders.js';
import { NOW } from '../support/builders.js';
import { DefinitionFolders } from '../support/definition-folders.js';
import { runCommand } from '../support/run-command.js';

const folders = new DefinitionFolders();
const apis: ApiUnderTest[] = [];

afterEach(async () => {
  for (const api of apis.splice(0)) await api.stop();
  await folders.removeAll();
});

async function newApi(): Promise<ApiUnderTest & { readonly file: string }> {
  const api = await apiUnderTest();
  apis.push(api);
  const file = `environments:\n  default: { url: '${await api.listen()}' }\n`;
  await api.storage.tools.offer(OFFERED, NOW, NOW);
  return { ...api, file };
}

/** Of the example that has some: those of a worker. */
const OFFERED: readonly ToolOffer[] = ['lookup_order', 'refund_order', 'mcp/handbook/search'].map((name) => ({
  ...{ name, description: 'A tool', parameters: {}, idempotent: false, needsApproval: false, timeoutSeconds: 60 },
}));

const versions = async ({ storage }: ApiUnderTest) => [
  ...(await storage.agents.list({ first: 9 })).map(({ id, version }) => `${id} ${version}`),
  ...(await storage.workflows.list({ first: 9 })).map(({ definition: d, hash }) => `${d.id} ${d.version} ${hash}`),
];

describe('circuit-breaker get', () => {
  let api: ApiUnderTest & { readonly file: string };
  beforeEach(async () => {
    api = await newApi();
  });

  it.each(['document-review', 'support-ticket'])(
    'and apply change nothing on the server, and bring %s to an empty one, also when a formatter has touched the files',
    async (name) => {
      const from = await folders.make({
        'circuit-breaker.yaml': api.file,
        'agents/agent.json': await readFile(`examples/${name}/agent.json`, 'utf8'),
        'workflows/workflow.json': await readFile(`examples/${name}/workflow.json`, 'utf8'),
      });
      expect(await runCommand(['apply', from])).toMatchObject({ code: 0 });
      const before = await versions(api);
      const folder = await folders.make({ 'circuit-breaker.yaml': api.file });
      expect(await runCommand(['get', folder])).toMatchObject({ code: 0, stderr: '' });
      await promisify(execFile)(process.execPath, [
        resolve('node_modules/prettier/bin/prettier.cjs'),
        '--write',
        folder,
      ]);
      expect(await runCommand(['diff', folder])).toMatchObject({ code: 0 });
      expect((await runCommand(['apply', folder])).stdout).toContain('nothing, since all of it is there');
      expect(await versions(api)).toEqual(before);
      const empty = await newApi();
      await folders.write(folder, { 'circuit-breaker.yaml': empty.file });
      expect(await runCommand(['apply', folder])).toMatchObject({ code: 0 });
      expect(await runCommand(['diff', folder])).toMatchObject({ code: 0 });
      expect(await versions(empty)).toEqual(before);
    },
  );

  it('leaves files that mean the same as they are, and writes over none that differs without --force', async () => {
    const folder = await folders.make({ 'circuit-breaker.yaml': api.file, ...WHOLE_FOLDER });
    await runCommand(['apply', folder]);
    const file = join(folder, 'agents/reviewer.yaml');
    const { mtimeMs } = await stat(file);
    expect((await runCommand(['get', folder])).stdout).toContain('2 of 2 definitions of');
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
    const other = AGENT.replace('name: Reviewer', 'name: Critic');
    await folders.write(folder, { 'agents/reviewer.yaml': other });
    const refused = await runCommand(['get', folder]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^Nothing was written: agents\/reviewer\.yaml would be written over\. .*\n$/);
    expect(await readFile(file, 'utf8')).toBe(other);
    expect((await runCommand(['get', folder, '--force'])).stdout).toContain('wrote over agents/reviewer.yaml\n');
    expect(await readdir(join(folder, 'agents'))).toEqual(['reviewer.yaml']);
    expect(await runCommand(['diff', folder])).toMatchObject({ code: 0 });
  });

  it('writes nothing over a file that cannot be read as what it should be', async () => {
    const from = await folders.make({ 'circuit-breaker.yaml': api.file, ...WHOLE_FOLDER });
    await runCommand(['apply', from]);
    const folder = await folders.make({ 'circuit-breaker.yaml': api.file, 'agents/reviewer.yaml': 'id: [' });
    expect(await runCommand(['get', folder])).toMatchObject({ code: 2 });
    expect(await readFile(join(folder, 'agents/reviewer.yaml'), 'utf8')).toBe('id: [');
    expect(await readdir(folder)).toEqual(['agents', 'circuit-breaker.yaml']);
  });

  it('names place agents that were added, which no file has, and makes a name for a file of each id', async () => {
    const ids = ['team:one', 'Team', 'team'];
    const agents = ids.map((id, index) => [`agents/${index}.yaml`, AGENT.replace('reviewer', `'${id}'`)] as const);
    const from = await folders.make({
      'circuit-breaker.yaml': api.file,
      ...WHOLE_FOLDER,
      ...Object.fromEntries(agents),
    });
    await runCommand(['apply', from]);
    await api.storage.placeAgents.create({
      ...{ id: 'added', workflowId: 'review', placeId: 'done', agentId: 'team', createdAt: NOW, enabled: true },
      ...{ inputMapping: {}, outputMapping: {}, triggerConditions: [] },
    });
    const folder = await folders.make({ 'circuit-breaker.yaml': api.file });
    expect((await runCommand(['get', folder])).stdout).toContain(
      'place agent added was added to workflow review by itself',
    );
    expect(await readdir(join(folder, 'agents'))).toEqual([
      'Team.yaml',
      'reviewer.yaml',
      'team~2.yaml',
      'team~one.yaml',
    ]);
    expect(await runCommand(['diff', folder])).toMatchObject({ code: 0 });
  });

  it('brings a server of a thousand definitions whole, in requests that each have a page', async () => {
    const many = Array.from({ length: 500 }, (_, index) => [
      [`agents/a${index}.yaml`, AGENT.replace('reviewer', `a${index}`)],
      [`workflows/w${index}.yaml`, WORKFLOW.replace('review', `w${index}`).replace('reviewer', `a${index}`)],
    ]);
    const files = Object.fromEntries(many.flat()) as Record<string, string>;
    await runCommand(['apply', await folders.make({ 'circuit-breaker.yaml': api.file, ...files })]);
    const asked: number[] = [];
    api.app.server.on('request', ({ headers }: IncomingMessage) => asked.push(Number(headers['content-length'])));
    const folder = await folders.make({ 'circuit-breaker.yaml': api.file });
    expect(await runCommand(['get', folder])).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(join(folder, 'agents'))).toHaveLength(500);
    expect(await readdir(join(folder, 'workflows'))).toHaveLength(500);
    expect(Math.max(...asked)).toBeLessThan(2000);
    expect(await runCommand(['diff', folder])).toMatchObject({ code: 0 });
  });
});
