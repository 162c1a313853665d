import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../src/api/access/access-tokens.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { AGENT, WHOLE_FOLDER, WORKFLOW } from '../support/broken-folders.js';
import { DefinitionFolders } from '../support/definition-folders.js';
import { freePort } from '../support/free-port.js';
import { NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { runCommand, type RanCommand } from '../support/run-command.js';

const folders = new DefinitionFolders();
let api: ApiUnderTest;
let url = '';

beforeEach(async () => {
  api = await apiUnderTest();
  url = await api.listen();
});
afterEach(async () => {
  await api.stop();
  await folders.removeAll();
});

const environments = (address = url) => `environments:\n  default: { url: '${address}' }\n`;
const make = (files: Readonly<Record<string, string>> = WHOLE_FOLDER) =>
  folders.make({ 'circuit-breaker.yaml': environments(), ...files });
const run = (command: string, folder: string, ...more: readonly string[]): Promise<RanCommand> =>
  runCommand([command, folder, ...more]);
const versions = async () => [
  ...(await api.storage.agents.list({ first: 9 })).map(({ id, version }) => `${id} ${version}`),
  ...(await api.storage.workflows.list({ first: 9 })).map(({ definition: d }) => `${d.id} ${d.version}`),
];

describe('circuit-breaker apply', () => {
  it('saves a folder, and changes nothing when it is done again', async () => {
    const folder = await make();
    expect(await run('diff', folder)).toEqual({
      code: 1,
      stdout: '+ agent reviewer is new (agents/reviewer.yaml)\n+ workflow review is new (workflows/review.yaml)\n',
      stderr: '',
    });
    const first = await run('apply', folder);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain(`Applied to ${url}: 1 agent created, 1 workflow created.`);
    expect(await versions()).toEqual(['reviewer 1', 'review 1']);
    expect(await run('apply', folder)).toEqual({
      code: 0,
      stdout: `Applied to ${url}: nothing, since all of it is there.\n`,
      stderr: '',
    });
    expect(await run('diff', folder)).toMatchObject({ code: 0, stdout: `${url} has all of the folder as it is.\n` });
    expect(await versions()).toEqual(['reviewer 1', 'review 1']);
  });

  it('says which members change, and how', async () => {
    const folder = await make();
    await run('apply', folder);
    await folders.write(folder, {
      'agents/reviewer.yaml': AGENT.replace('name: Reviewer', 'name: Critic'),
      'workflows/review.yaml': WORKFLOW.replace('id: finish', 'id: send'),
    });
    const { code, stdout } = await run('diff', folder);
    expect(code).toBe(1);
    expect(stdout).toContain('~ agent reviewer changes (agents/reviewer.yaml)\n    name: "Reviewer" → "Critic"\n');
    expect(stdout).toContain('~ workflow review changes (workflows/review.yaml)\n    transitions[finish]: no longer {');
    expect(stdout).toContain('    transitions[send]: now {');
    expect(JSON.parse((await run('diff', folder, '--json')).stdout)).toMatchObject({
      agents: [{ id: 'reviewer', change: 'CHANGED', members: [{ at: 'name', before: 'Reviewer', after: 'Critic' }] }],
    });
    const { stdout: said } = await run('apply', folder);
    expect(said).toContain('1 agent changed, 1 workflow changed.');
    expect(said).toContain('until circuit-breaker migrate review --from 1 --to 2\n');
    expect(await versions()).toEqual(['reviewer 2', 'review 2']);
  });

  it('saves nothing with --dry-run, and hears what only the server can say', async () => {
    const folder = await make();
    const dry = await run('apply', folder, '--dry-run');
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain(`Would be applied to ${url}: 1 agent created, 1 workflow created.`);
    await folders.write(folder, { 'agents/reviewer.yaml': `${AGENT}tools: [no.such.tool]\n` });
    for (const more of [['--dry-run'], []]) {
      const { code, stderr } = await run('apply', folder, ...more);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^Nothing was applied\.\nagents\/reviewer\.yaml:7:9 UNKNOWN_TOOL [^\n]*\n$/);
    }
    expect(await versions()).toEqual([]);
  });

  it('says what is wrong in the folder as validate does, and asks no server', async () => {
    const folder = await make({
      ...WHOLE_FOLDER,
      'workflows/review.yaml': WORKFLOW.replace('toPlace: done', 'toPlace: dnoe'),
    });
    for (const command of ['apply', 'diff']) {
      expect(await run(command, folder)).toEqual({
        code: 2,
        stdout: '',
        stderr: 'workflows/review.yaml:8:14 UNKNOWN_PLACE there is no place "dnoe"\n',
      });
    }
  });

  it('deletes with --prune what nothing needs, and says what stays', async () => {
    const folder = await make({
      ...WHOLE_FOLDER,
      'agents/other.yaml': AGENT.replaceAll('reviewer', 'other'),
      'agents/unused.yaml': AGENT.replaceAll('reviewer', 'unused'),
      'workflows/other.yaml': WORKFLOW.replaceAll('review', 'other').replaceAll('otherer', 'other'),
    });
    await run('apply', folder);
    await api.storage.placeAgents.create({
      ...{ id: 'added', workflowId: 'review', placeId: 'done', agentId: 'unused', createdAt: NOW, enabled: true },
      ...{ inputMapping: {}, outputMapping: {}, triggerConditions: [] },
    });
    const smaller = await make();
    const shown = await run('diff', smaller);
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toContain('  agent unused is only on the server\n');
    expect(shown.stdout).toContain(
      '  place agent added is only on the server: it was added to place done of workflow review',
    );
    expect((await run('apply', smaller)).stdout).toContain('nothing, since all of it is there');
    const pruned = await run('apply', smaller, '--prune');
    expect(pruned.stdout).toContain(
      '  stays: Agent "other" is used by transition "finish" of workflow "other" version 1',
    );
    expect(pruned.stdout).toContain('  stays: workflow other, since workflows cannot be deleted');
    expect(pruned.stdout).toContain('1 agent deleted, 1 place agent deleted.');
    expect(await versions()).toEqual(['other 1', 'reviewer 1', 'review 1', 'other 1']);
  });

  it('takes a workflow whose agent only the server has, which validate takes where the folder says so', async () => {
    await run('apply', await make());
    const folder = await make({ 'workflows/second.yaml': WORKFLOW.replace('id: review', 'id: second') });
    const offline = await run('validate', folder);
    expect(offline.code).toBe(1);
    expect(offline.stdout).toContain('UNKNOWN_AGENT there is no agent "reviewer"');
    expect((await run('diff', folder)).stdout).toContain('+ workflow second is new (workflows/second.yaml)\n');
    expect((await run('apply', folder, '--prune')).stdout).toContain(`Applied to ${url}: 1 workflow created.`);
    expect((await versions()).sort()).toEqual(['review 1', 'reviewer 1', 'second 1']);
    const declared = `serverAgents: [reviewer]\n${environments()}`;
    await folders.write(folder, { 'circuit-breaker.yaml': declared });
    expect(await run('validate', folder)).toMatchObject({ code: 0 });
    await folders.write(folder, { 'circuit-breaker.yaml': `serverAgents: reviewer\n${environments()}` });
    expect(await run('validate', folder)).toMatchObject({
      code: 2,
      stderr: 'circuit-breaker.yaml:1:15 serverAgents must be a list of ids of agents\n',
    });
  });

  it('says of an agent that neither the folder nor the server has what validate says of it', async () => {
    const folder = await make({
      ...WHOLE_FOLDER,
      'workflows/review.yaml': WORKFLOW.replace('agentId: reviewer', 'agentId: reviwer'),
    });
    const { stdout } = await run('validate', folder);
    const [line = ''] = stdout.split('\n');
    expect(line).toMatch(/^workflows\/review\.yaml:\d+:\d+ UNKNOWN_AGENT there is no agent "reviwer"$/);
    for (const command of ['apply', 'diff']) {
      expect(await run(command, folder)).toEqual({ code: 2, stdout: '', stderr: `${line}\n` });
    }
  });

  it('saves two thousand files in one step', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => [
      [`agents/a${index}.yaml`, AGENT.replace('reviewer', `a${index}`)],
      [`workflows/w${index}.yaml`, WORKFLOW.replace('review', `w${index}`).replace('reviewer', `a${index}`)],
    ]);
    const folder = await make(Object.fromEntries(many.flat()) as Record<string, string>);
    expect((await run('apply', folder)).stdout).toContain('1000 agents created, 1000 workflows created.');
    expect(await run('diff', folder)).toMatchObject({ code: 0 });
  });

  it(
    'killed while it saves leaves all or nothing, and finishes when it is done again',
    { tags: 'killed-while-saving' },
    async () => {
      const many = Array.from({ length: 200 }, (_, index) => [
        `agents/a${index}.yaml`,
        AGENT.replace('reviewer', `a${index}`),
      ]);
      const folder = await make(Object.fromEntries(many) as Record<string, string>);
      const asked = new Promise((resolve) => {
        api.app.server.on('request', ({ headers }: IncomingMessage) => {
          if (Number(headers['content-length']) > 10_000) resolve(undefined);
        });
      });
      const killed = SpawnedProcess.start('apply', {}, { args: [folder] });
      await asked;
      await killed.kill();
      const count = async () => (await api.storage.agents.list({ first: 500 })).length;
      expect([0, 200]).toContain(await count());
      await eventually(async () => {
        expect((await run('apply', folder)).code).toBe(0);
        expect(await count()).toBe(200);
      });
      expect((await api.storage.agents.list({ first: 500 })).every(({ version }) => version === 1)).toBe(true);
    },
  );
});

describe('a server', () => {
  it('that is not there is one line', async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    const folder = await make({ ...WHOLE_FOLDER, 'circuit-breaker.yaml': environments(address) });
    const { code, stdout, stderr } = await run('apply', folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^No server answers at ${address}: connect ECONNREFUSED .*\\.\n$`));
  });

  it('gets the token of its environment, and the default one that of this machine', async () => {
    await api.stop();
    const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
    api = await apiUnderTest({
      checks: [
        new AccessTokens([
          { name: 'ci', role: 'read', sha256: sha256('cb_ci') },
          { name: 'owner', role: 'administer', sha256: sha256('cb_owner') },
        ]),
      ],
    });
    url = await api.listen();
    const file = `environments:\n  default: { url: '${url}' }\n  prod:\n    url: '${url}/'\n    token: \${PROD_TOKEN}\n`;
    const folder = await make({ ...WHOLE_FOLDER, 'circuit-breaker.yaml': file });
    const words = ['apply', folder];
    const unknown = await runCommand(words);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('wants to know who calls');
    const forbidden = await runCommand(words, { env: { AGENT_ACCESS_TOKEN: 'cb_ci' } });
    expect(forbidden).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^applyDefinitions takes the role "administer"; ci has "read"\.\n$/) as string,
    });
    expect(await versions()).toEqual([]);
    const missing = await runCommand([...words, '--env', 'prod']);
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^circuit-breaker\.yaml:5:12 environments\.prod\.token names PROD_TOKEN, which is not set: .*\n$/,
      ) as string,
    });
    await folders.write(folder, { '.env': 'PROD_TOKEN=cb_owner\n' });
    expect(await runCommand([...words, '--env', 'prod'])).toMatchObject({ code: 0 });
    expect(await versions()).toEqual(['reviewer 1', 'review 1']);
  });

  describe('that is no server of ours', () => {
    let other: Server;
    let answer = { status: 200, body: '' };
    let address = '';
    beforeEach(async () => {
      other = createServer((_request, response) => {
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
      await once(other.listen(0, '127.0.0.1'), 'listening');
      address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    });
    afterEach(() => new Promise((done) => other.close(done)));

    it.each([
      [
        'another program',
        { status: 404, body: '<html>' },
        /^What is at \S+ is no Circuit Breaker: it answered with status 404/,
      ],
      [
        'an older version',
        {
          status: 200,
          body: '{"errors":[{"message":"Cannot query field \\"definition\\" on type \\"Agent\\".","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}',
        },
        /^The server at \S+ does not say its version, and is older than this command .*: Cannot query field "definition"/,
      ],
    ])('but %s is told as that, in one line', async (_, said, expected) => {
      answer = said;
      const folder = await make({ ...WHOLE_FOLDER, 'circuit-breaker.yaml': environments(address) });
      const { code, stderr } = await run('apply', folder);
      expect(code).toBe(2);
      expect(stderr).toMatch(expected);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    });
  });

  it.each([
    [
      'environments:\n  default: { url: ftp://nowhere }\n',
      ':2:19 environments.default.url must be an http:// or https:// address',
    ],
    ['environments:\n  default: { url: http://h, tokn: x }\n', ':2:29 environments.default.tokn is no member'],
    ['environments:\n  prod: { url: http://h }\n', ' has no environment "default": it has "prod".'],
    ['environments: [\n', ':'],
    ['servers: {}\n', ':1:1 it must have a member "environments"'],
  ])('of a file that is wrong is none: %j', async (file, expected) => {
    const { code, stderr } = await run('diff', await make({ ...WHOLE_FOLDER, 'circuit-breaker.yaml': file }));
    expect(code).toBe(2);
    expect(stderr.startsWith(`circuit-breaker.yaml${expected}`), stderr).toBe(true);
  });
});
