import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ApiClient } from '../../../src/cli/api-client.js';
import { followFolder } from '../../../src/cli/dev/follow-folder.js';
import { LiveDefinitions } from '../../../src/cli/dev/live-definitions.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { NOW } from '../../support/builders.js';
import { AGENT, WHOLE_FOLDER, WORKFLOW } from '../../support/broken-folders.js';
import { DefinitionFolders } from '../../support/definition-folders.js';
import { eventually } from '../../support/eventually.js';

const HALF_SAVER = fileURLToPath(new URL('../../support/processes/half-saver.mjs', import.meta.url));
const MEND_IT = 'The server keeps what was applied last. Mend it, and save.';

const folders = new DefinitionFolders();
let api: ApiUnderTest;
let url = '';
let ending: AbortController;
let following: Promise<void> = Promise.resolve();

beforeEach(async () => {
  api = await apiUnderTest();
  url = await api.listen();
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort();
  await following;
  await api.stop();
  await folders.removeAll();
});

/** Follows a folder as `dev` does. What is said comes into the list that it gives. */
function develop(folder: string, address = url): string[] {
  const said: string[] = [];
  const say = (line: string) => void said.push(...line.split('\n'));
  const live = new LiveDefinitions(folder, { api: new ApiClient(address), say });
  const follower = { take: live.take.bind(live), changed: () => undefined, say };
  following = followFolder({ folder, leftOut: '.data', ending: ending.signal }, follower);
  return said;
}

/** Resolves when this was said, and nothing but this since the last time. */
async function says(said: string[], ...lines: readonly (string | RegExp)[]): Promise<void> {
  await eventually(() => {
    expect(said).toHaveLength(lines.length);
  });
  for (const [index, line] of lines.entries()) {
    if (typeof line === 'string') expect(said[index]).toBe(line);
    else expect(said[index]).toMatch(line);
  }
  said.length = 0;
}

async function begun(
  files: Readonly<Record<string, string>> = WHOLE_FOLDER,
): Promise<[folder: string, said: string[]]> {
  const folder = await folders.make(files);
  const said = develop(folder);
  await eventually(() => {
    expect(said.at(-1)).toMatch(/^Applied: /);
  });
  said.length = 0;
  return [folder, said];
}

const promptOf = async () => (await api.storage.agents.get('reviewer'))?.prompts.system;

describe('a folder that is followed', () => {
  it('is applied at the beginning and after every save, in words', async () => {
    const folder = await folders.make(WHOLE_FOLDER);
    const said = develop(folder);
    await says(
      said,
      '+ agent reviewer is new (agents/reviewer.yaml)',
      '+ workflow review is new (workflows/review.yaml)',
      'Applied: 1 agent created, 1 workflow created.',
    );
    await folders.write(folder, { 'agents/reviewer.yaml': AGENT.replace('You review.', 'You review kindly.') });
    await says(
      said,
      '~ agent reviewer changes (agents/reviewer.yaml)',
      '    prompts.system: "You review." → "You review kindly."',
      'Applied: 1 agent changed.',
    );
    await folders.write(folder, {
      'agents/reviewer.yaml': AGENT.replace('You review.', './reviewer.md'),
      'agents/reviewer.md': 'You review in a file.\n',
      'agents/other.yaml': AGENT.replaceAll('eviewer', 'ewriter'),
    });
    await says(said, /\+ agent rewriter/, /~ agent reviewer/, /in a file/, /1 agent created, 1 agent changed/);
  });

  it('is applied when files of prompts and modules are saved, renamed to, or made in new folders', async () => {
    const [folder, said] = await begun();
    await folders.write(folder, {
      'texts/deep/reviewer.md': 'One.',
      'agents/reviewer.yaml': AGENT.replace('You review.', '../texts/deep/reviewer.md'),
    });
    await says(said, /^~ agent/, /"You review." → "One."/, /^Applied/);
    await folders.write(folder, { 'texts/deep/reviewer.md~': 'Two.' });
    await rename(join(folder, 'texts/deep/reviewer.md~'), join(folder, 'texts/deep/reviewer.md'));
    await says(said, /^~ agent/, /"One." → "Two."/, /^Applied/);
    const shared = (name: string) => `export const provider = { type: 'mock', model: '${name}' } as const;\n`;
    await folders.write(folder, {
      'shared/provider.ts': shared('mock-1'),
      'agents/typed.ts': `
        import { provider } from '../shared/provider.ts';
        export default { name: 'Typed', llmProvider: provider, prompts: { system: '', userTemplate: '{input_data}' } };`,
    });
    await says(said, /^\+ agent typed/, /^Applied/);
    await folders.write(folder, { 'shared/provider.ts': shared('mock-2') });
    await says(said, /^~ agent typed/, /"mock-1" → "mock-2"/, /^Applied/);
  });

  it('that is wrong is said once for each save, the server keeps what it had, and once it is mended that is said', async () => {
    const [folder, said] = await begun();
    const broken = WORKFLOW.replace('toPlace: done', 'toPlace: dnoe');
    await folders.write(folder, { 'workflows/review.yaml': broken, 'agents/reviewer.yaml': `${AGENT}#\n` });
    const problem = 'workflows/review.yaml:8:14 UNKNOWN_PLACE there is no place "dnoe"';
    await says(said, problem, MEND_IT);
    await folders.write(folder, { 'agents/reviewer.yaml': AGENT.replace('You review.', 'You review kindly.') });
    await says(said, problem, MEND_IT);
    expect(await promptOf()).toBe('You review.');
    await folders.write(folder, { 'workflows/review.yaml': WORKFLOW });
    await says(said, 'All is well again.', /^~ agent reviewer/, /kindly/, 'Applied: 1 agent changed.');
    expect(await api.storage.workflows.get('review', 2)).toBeUndefined();
  });

  it('keeps on the server what is deleted from it, and says so', async () => {
    const [folder, said] = await begun({
      ...WHOLE_FOLDER,
      'agents/other.yaml': AGENT.replaceAll('eviewer', 'ewriter'),
    });
    await rm(join(folder, 'agents/other.yaml'));
    await says(said, '  agent rewriter is only on the server');
    await rm(join(folder, 'agents/reviewer.yaml'));
    // The workflow that uses it goes on with the one on the server.
    await says(said, '  agent reviewer is only on the server');
    await rm(folder, { recursive: true });
    await says(said, /^The folder .* cannot be read: ENOENT/, MEND_IT);
    await folders.write(folder, WHOLE_FOLDER);
    await says(said, 'All is well again.');
  });

  it('has what only the server knows told with its place, and is applied as soon as a worker offers the tool', async () => {
    const [folder, said] = await begun();
    await folders.write(folder, { 'agents/reviewer.yaml': `${AGENT}tools: [orders.find]\n` });
    await says(said, 'Nothing was applied.', /^agents\/reviewer\.yaml:7:9 UNKNOWN_TOOL .*orders\.find/, MEND_IT);
    const offer = {
      name: 'orders.find',
      description: 'Finds an order.',
      parameters: {},
      idempotent: true,
      needsApproval: false,
      timeoutSeconds: 9,
    };
    await api.storage.tools.offer([offer], NOW, NOW);
    await says(said, 'All is well again.', /^~ agent reviewer/, /tools: \[\] → /, 'Applied: 1 agent changed.');
  });

  it('waits for a server that answers nobody, and says so once', async () => {
    await api.stop();
    const folder = await folders.make(WHOLE_FOLDER);
    const said = develop(folder);
    await says(said, /^No server answers at /, 'Mend it, and save: then it is applied.');
    api = await apiUnderTest();
    await api.app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) });
    await says(said, 'All is well again.', /^\+ agent/, /^\+ workflow/, /^Applied/);
  });

  it('saved half, ten times a second, is applied as it is in the end, and never half', async () => {
    const [head, tail] = [
      WORKFLOW.slice(0, WORKFLOW.indexOf('  - id: finish')),
      WORKFLOW.slice(WORKFLOW.indexOf('  - id: finish')),
    ];
    const again = tail.replace('id: finish', 'id: again').replace('data.score > 7.0', 'data.score < N.0');
    const files = {
      // Each half is a definition by itself: only whoever waits knows that it is none yet.
      'workflows/review.yaml': [`${head}${tail}`, again],
      'agents/reviewer.md': ['You review, for the N', 'th time.\n'],
    };
    const [folder, said] = await begun({
      ...WHOLE_FOLDER,
      'agents/reviewer.yaml': AGENT.replace('You review.', './reviewer.md'),
      'agents/reviewer.md': 'You review, for the 0th time.\n',
      'workflows/review.yaml': `${head}${tail}${again.replace('N', '0')}`,
    });
    const saver = spawn(process.execPath, [HALF_SAVER, folder, '40', JSON.stringify(files)], { stdio: 'inherit' });
    expect(await once(saver, 'exit')).toEqual([0, null]);
    await eventually(async () => {
      expect(await promptOf()).toBe('You review, for the 40th time.');
    });
    const newest = await api.storage.workflows.get('review');
    expect(JSON.stringify(newest)).toContain('data.score < 40.0');
    for (let version = newest?.definition.version ?? 0; version > 0; version -= 1) {
      const stored = await api.storage.workflows.get('review', version);
      expect(stored?.definition.transitions.map(({ id }) => id)).toEqual(['finish', 'again']);
    }
    for (let version = 1; ; version += 1) {
      const agent = await api.storage.agents.get('reviewer', version);
      if (agent === undefined) break;
      expect(agent.prompts.system).toMatch(/^You review, for the \d+th time\.$/);
    }
    expect(said.filter((line) => /SYNTAX|INVALID|cannot/.test(line))).toEqual([]);
  });
});
