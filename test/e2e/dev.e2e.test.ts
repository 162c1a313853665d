import { readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DefinitionFolders } from '../support/definition-folders.js';
import { newPreparedSetting, type Setting } from '../support/everything.js';
import { runCommand } from '../support/run-command.js';
import { SpawnedProcess } from '../support/spawned-process.js';

const AGENT = `
id: reviewer
name: Reviewer
llmProvider: { type: mock, model: mock-1, options: { responses: [All is fine.], delayMs: 0 } }
prompts: { system: ./reviewer.md, userTemplate: 'Review {text}' }
`;
const WORKFLOW = `
id: review
name: Review
places: [draft, reviewed, done]
initialPlace: draft
transitions:
  - id: review
    fromPlaces: [draft]
    toPlace: reviewed
    agentExecution:
      agentId: reviewer
      inputMapping: { text: data.text }
      outputMapping: { data.said: response }
  - id: publish
    fromPlaces: [reviewed]
    toPlace: done
`;
const FILES = { 'agents/reviewer.yaml': AGENT, 'agents/reviewer.md': 'You review.', 'workflows/review.yaml': WORKFLOW };
const STACK_TRACE = /\n\s+at /;

const folders = new DefinitionFolders();
let setting: Setting;
const started: SpawnedProcess[] = [];

beforeEach(async () => {
  setting = await newPreparedSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3' });
});
afterEach(async () => {
  for (const one of started.splice(0)) await one.kill();
  await setting.remove();
  await folders.removeAll();
});

function dev(folder: string, environment: Readonly<Record<string, string>> = setting.environment): SpawnedProcess {
  const process = SpawnedProcess.start('dev', environment, { args: [folder] });
  started.push(process);
  return process;
}

describe('circuit-breaker dev', () => {
  it('has everything up, applies what is saved, shows tokens live, and ends in order', async () => {
    const folder = await folders.make({});
    const developing = dev(folder);
    await developing.untilReady();
    await developing.said('.:1:1 FOLDER_EMPTY there are no definitions');
    await developing.said('There is no circuit-breaker.yaml, so commands in this folder go to http://127.0.0.1:4000');
    const environment = `environments:\n  default: { url: '${setting.address}' }\n`;
    const broken = WORKFLOW.replace('toPlace: done', 'toPlace: dnoe');
    await folders.write(folder, { 'circuit-breaker.yaml': environment, ...FILES, 'workflows/review.yaml': broken });
    await developing.said('workflows/review.yaml:16:14 UNKNOWN_PLACE there is no place "dnoe"');
    await folders.write(folder, FILES);
    await developing.said('All is well again.\n+ agent reviewer is new');
    await developing.said('in this folder: npx circuit-breaker run review --data @FILE --follow');
    const words = ['run', 'review', '--data', '{"text": "A memo"}', '--fire', 'review', '--fire', 'publish'];
    const followed = await runCommand([...words, '--follow'], { cwd: folder });
    expect(followed, followed.stdout).toMatchObject({ code: 0, stderr: '' });
    expect(followed.stdout).toMatch(/│ All is fine\.\n→ reviewed, by review\n→ done, by publish\n/);
    const id = /^Token (\S+) of review/.exec(followed.stdout)?.[1] ?? '';
    const live = ['Begins in draft. It is of review.', `An agent works: execution ${id}:review:1`];
    live.push(
      'The agent has ended: succeeded',
      '→ reviewed, by review',
      '→ done, by publish',
      'Ended in done (COMPLETED).',
    );
    await developing.said(live.map((line) => `${id}  ${line}\n`).join(''));
    const quick = await runCommand(words, { cwd: folder });
    expect(quick).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nFired review, publish\.\n$/) as string });
    const refused = await runCommand([...words.slice(0, 4), '--fire', 'publish'], { cwd: folder });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^[^\n]+\n$/) as string });
    const other = dev(folder, { ...setting.environment, PORT: '1' });
    expect(await other.exit(), other.output).toBe(1);
    expect(other.output).toMatch(/^\nThe data folder \S+ is in use by process \d+, [^\n]+\n$/);
    expect(await developing.stop(), developing.output).toBe(0);
    expect(developing.output).not.toMatch(STACK_TRACE);
    const left = await readdir(setting.environment['DATA_DIR'] ?? '');
    expect(left.filter((name) => /\.lock|temporal-server\.json/.test(name))).toEqual([]);
  });

  it('says in one line why it does not start', async () => {
    const folder = await folders.make(FILES);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const PORT = String(typeof address === 'object' ? address?.port : undefined);
    for (const [where, environment, code, message] of [
      [folder, { PORT }, 1, `Port ${PORT} is taken by another program.`],
      [folder, { DATA_DIR: `${folder}/agents/reviewer.md/data` }, 1, 'The data folder '],
      [`${folder}/nowhere`, {}, 2, `The folder ${folder}/nowhere cannot be read: ENOENT`],
      [`${folder}/agents/reviewer.md`, {}, 2, `The folder ${folder}/agents/reviewer.md cannot be read: ENOTDIR`],
    ] as const) {
      const developing = dev(where, { ...setting.environment, ...environment });
      expect(await developing.exit(), developing.output).toBe(code);
      expect(developing.output.trim().startsWith(message), developing.output).toBe(true);
      expect(developing.output.trim().split('\n'), developing.output).toHaveLength(1);
    }
    taken.close();
    await rm(folder, { recursive: true });
  });
});
