import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { readDefinitionFolder } from '../../src/folder/definition-folder.js';
import { problemLine } from '../../src/folder/folder-problem.js';
import { SchemaThreads } from '../../src/schemas/schema-threads.js';
import { DefinitionFolders } from '../support/definition-folders.js';

const schemas = new SchemaThreads();
const folders = new DefinitionFolders();
afterEach(() => folders.removeAll());
afterAll(() => schemas.close());

const read = async (files: Readonly<Record<string, string>>, moduleLimitMs = 10_000) =>
  await readDefinitionFolder(await folders.make(files), {
    schemas,
    environment: { PATH: process.env['PATH'] },
    moduleLimitMs,
  });

const AGENT = `
import { defineAgent } from 'circuit-breaker/definitions';

const model: string = 'mock-1';
export default defineAgent({
  id: 'reviewer',
  name: 'Reviewer',
  llmProvider: { type: 'mock', model },
  prompts: { system: './reviewer.md', userTemplate: 'Review {document}.' },
});
`.trimStart();

const WORKFLOW = `
import { defineWorkflow, runAgent } from 'circuit-breaker/definitions';
import reviewer from '../agents/reviewer.js';

enum Place { Draft = 'draft', Done = 'done' }

export default defineWorkflow({
  name: 'Review',
  places: [Place.Draft, Place.Done],
  initialPlace: Place.Draft,
  transitions: [
    {
      id: 'review',
      fromPlaces: [Place.Draft],
      toPlace: Place.Done,
      when: 'data.open',
      agentExecution: runAgent(reviewer, { inputMapping: { document: 'data.content' }, timeoutSeconds: '5m' }),
    },
  ],
});
`.trimStart();

const FILES = {
  'agents/reviewer.ts': AGENT,
  'agents/reviewer.md': 'You review.\n',
  'agents/reviewer.test.ts': 'throw new Error();',
  'workflows/review.ts': WORKFLOW,
};

describe('definitions in TypeScript', () => {
  it('are read as those in YAML are', async () => {
    const { agents, workflows, problems } = await read(FILES);
    expect(problems).toEqual([]);
    expect(agents).toMatchObject([{ id: 'reviewer', content: { prompts: { system: 'You review.' } } }]);
    expect(workflows).toMatchObject([
      {
        id: 'review',
        content: {
          places: ['draft', 'done'],
          transitions: [
            { rules: [{ type: 'Expression', expression: 'data.open' }], agentExecution: { timeoutSeconds: 300 } },
          ],
        },
      },
    ]);
  });

  it('say where something wrong is probably written', async () => {
    const workflow = WORKFLOW.replace("'data.open'", "'data.open >'").replace('{ document:', '{ document: ');
    const { problems } = await read({ ...FILES, 'workflows/review.ts': workflow });
    expect(problems.map(problemLine)).toEqual(['workflows/review.ts:15:13 RULE_INVALID Unexpected token: EOF']);
  });

  it.each([
    ['what is no word', 'null'],
    ['a word that there is not', `{ type: 'novel' }`],
    ['that it is ready', `{ type: 'ready' }`],
    ['an answer to nothing', `{ type: 'read', json: '{"id":"forged"}' }`],
    ['an answer to what comes much later', `{ type: 'read', number: 99, json: '{"id":"forged"}' }`],
  ])('are taken for themselves where one says to the process that loads them %s', async (_what, word) => {
    const speaks = `import { parentPort } from 'node:worker_threads';\nparentPort?.postMessage(${word});\n`;
    const other = AGENT.replace("'reviewer'", "'other'");
    const { agents, problems } = await read({ ...FILES, 'agents/a.ts': speaks + other });
    expect(problems).toEqual([]);
    expect(agents.map(({ file, id }) => [file, id])).toEqual([
      ['agents/a.ts', 'other'],
      ['agents/reviewer.ts', 'reviewer'],
    ]);
  });

  it('are read where one puts something else in the place of what the language has', async () => {
    const { problems } = await read({
      ...FILES,
      'agents/a.ts': `JSON.stringify = () => '{';\n${AGENT.replace("'reviewer'", "'other'")}`,
    });
    expect(problems).toEqual([]);
  });

  it.each([
    ['throws', `const a = 1;\nthrow new Error('no such host');`, '2:7 MODULE_FAILED no such host'],
    ['throws no error', `throw 'nothing';`, '1:1 MODULE_FAILED nothing'],
    ['does not parse', `export const a = 1;\nexport const =`, '2:1 MODULE_FAILED Unexpected token'],
    ['imports what is not there', `import './nowhere.js';`, '1:1 MODULE_FAILED Cannot find module'],
    ['has no export', `const a = 1;`, '1:1 MODULE_FAILED it has no export: export one definition'],
    ['exports a function', `export default () => 1;`, '1:1 MODULE_FAILED its export is no definition'],
    [
      'has a function in it',
      `export default { name: 'A', f: () => 1 };`,
      '1:1 MODULE_FAILED its member "f" is a function',
    ],
    ['ends the process', `process.exit(0);`, '1:1 MODULE_FAILED its process ended with code 0'],
    [
      'takes all memory',
      `const all = []; for (;;) all.push(new Array(1e6).fill(all.length));`,
      '1:1 MODULE_TOO_LARGE it takes more than 512 MB of memory',
    ],
    [
      'takes all memory at once',
      `export default { name: 'x'.repeat(2 ** 29 - 30).split('') };`,
      '1:1 MODULE_TOO_LARGE it takes more than 512 MB of memory',
    ],
    [
      "takes all memory beside JavaScript's own",
      `const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1));`,
      '1:1 MODULE_TOO_LARGE it takes more than 512 MB of memory',
    ],
    [
      'throws where nobody waits',
      `Promise.reject(new Error('late')); await new Promise(() => {});`,
      '1:1 MODULE_FAILED late',
    ],
    ['is empty', ' \n', '1:1 FILE_EMPTY there is nothing in it'],
    ['is what the schema refuses', `export default {\n  name: 7,\n};`, '1:1 INVALID_VALUE'],
  ])('that are broken hurt no other: one that %s', async (_what, text, problem) => {
    const { problems, workflows } = await read({ ...FILES, 'agents/broken.ts': text });
    expect(problems.map(problemLine)[0]).toContain(`agents/broken.ts:${problem}`);
    expect(problems.every(({ file }) => file === 'agents/broken.ts')).toBe(true);
    expect(workflows).toHaveLength(1);
  });

  it.each([
    ['never ends', 'for (;;);'],
    ['waits for what never comes', 'setInterval(() => {}, 1000); await new Promise(() => {});'],
  ])('are waited for a while: one that %s is named', async (_what, text) => {
    const { problems, agents } = await read({ ...FILES, 'agents/a.ts': text }, 1500);
    expect(problems.map(problemLine)).toEqual([
      'agents/a.ts:1:1 MODULE_TOO_SLOW it has not loaded within 1.5 s: a definition waits for nothing',
    ]);
    expect(agents).toHaveLength(1);
  });

  it('are not waited for all day: after five that never end no other is loaded', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`agents/${index + 10}.ts`, 'for (;;);']),
    );
    const { problems } = await read({ ...endless, 'agents/reviewer.yaml': 'name: Reviewer' }, 300);
    const lines = problems.map(problemLine);
    expect(lines.filter((line) => line.includes('MODULE_TOO_SLOW'))).toHaveLength(5);
    const skipped = lines.filter((line) => line.includes('MODULE_FAILED it was not loaded: 5 others came to no end'));
    expect(skipped).toHaveLength(35);
  });

  it('find no key of ours in their environment', async () => {
    const agent = AGENT.replace(`'mock-1'`, `Object.keys(process.env).sort().join() || 'none'`);
    const { agents } = await read({ ...FILES, 'agents/reviewer.ts': agent });
    expect(agents[0]?.content.llmProvider.model).not.toContain('KEY');
    expect(agents[0]?.content.llmProvider.model).toContain('PATH');
  });
});
