import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DefinitionFolders } from '../support/definition-folders.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { runCommand } from '../support/run-command.js';
import type { SpawnedProcess } from '../support/spawned-process.js';

const AGENT = `
id: reviewer
name: Reviewer
llmProvider:
  type: mock
  model: mock-1
  options: { responses: [{ toolCalls: [{ name: token.read, arguments: {} }] }, All is fine.], delayMs: 0 }
prompts: { system: You review., userTemplate: 'Review {text}' }
tools: [token.read]
`;
const BROKEN = AGENT.replace('delayMs: 0', 'delayMs: 0, failWith: auth');
const WORKFLOW = `
id: review
name: Review
places: [draft, reviewed, done]
initialPlace: draft
transitions:
  - id: review
    fromPlaces: [draft]
    toPlace: reviewed
    trigger: automatic
    agentExecution:
      agentId: reviewer
      inputMapping: { text: data.text }
      outputMapping: { data.said: response }
  - id: publish
    fromPlaces: [reviewed]
    toPlace: done
    when: data.ok == true
`;
const AUTOMATIC = WORKFLOW.replace('    when: data.ok == true', '    trigger: automatic');

const folders = new DefinitionFolders();
let setting: Setting;
let everything: SpawnedProcess;

beforeAll(async () => {
  setting = await newPreparedSetting();
  everything = await startEverything(setting);
});
afterAll(async () => {
  await everything.stop();
  await setting.remove();
  await folders.removeAll();
});

async function makeFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const file = `environments:\n  default: { url: '${setting.address}' }\n`;
  const folder = await folders.make({ 'circuit-breaker.yaml': file, 'document.json': '{"text": "A memo"}', ...files });
  expect(await runCommand(['apply'], { cwd: folder })).toMatchObject({ code: 0 });
  return folder;
}

describe('commands of operators', () => {
  it('run a token live to its end, with the text of its agents', async () => {
    const cwd = await makeFolder({ 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': AUTOMATIC });
    const { code, stdout, stderr } = await runCommand(['run', 'review', '--data', '@document.json', '--follow'], {
      cwd,
    });
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('│ All is fine.\n');
    expect(stdout).toContain('→ reviewed, by review\n');
    expect(stdout).toMatch(/Place {5}done \(COMPLETED\)\nPath {6}draft ─ review → reviewed ─ publish → done\n/);
  });

  it('tell a program of a token that is followed by lines of JSON only, and people on stderr', async () => {
    const cwd = await makeFolder({ 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': AUTOMATIC });
    const words = ['run', 'review', '--data', '@document.json', '--follow', '--json'];
    const { code, stdout, stderr } = await runCommand(words, { cwd });
    const facts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(facts.at(0)).toMatchObject({ place: 'draft', status: 'ACTIVE' });
    expect(facts).toContainEqual(expect.objectContaining({ type: 'TRANSITION_FIRED', place: 'reviewed' }));
    expect(facts.at(-1)).toMatchObject({ place: 'done', status: 'COMPLETED' });
    expect(stderr).toContain('│ All is fine.\n');
    expect(code).toBe(0);
  });

  it('ask at the terminal what an agent wants approved', async () => {
    const asking = `${AGENT}approvalRequired: [token.read]\n`;
    const cwd = await makeFolder({ 'agents/reviewer.yaml': asking, 'workflows/review.yaml': AUTOMATIC });
    const words = ['run', 'review', '--data', '{"text": "A memo"}', '--follow'];
    const { code, stdout } = await runCommand(words, { cwd, input: 'y\n' });
    expect(stdout).toContain('The agent asks to call token.read with');
    expect(stdout).toContain('│ All is fine.\n');
    expect(code).toBe(0);
  });

  it('find an incident, and go on with the token once it is mended', async () => {
    const cwd = await makeFolder({ 'agents/reviewer.yaml': BROKEN, 'workflows/review.yaml': AUTOMATIC });
    const followed = await runCommand(['run', 'review', '--data', '@document.json', '--follow'], { cwd });
    expect(followed.code, followed.stdout).toBe(1);
    const id = /^Token (\S+) of review/.exec(followed.stdout)?.[1] ?? '';
    const found = await runCommand(['incidents', '--json'], { cwd });
    expect(JSON.parse(found.stdout)).toMatchObject([
      { id, place: 'draft', incident: { executionId: expect.any(String) as string } },
    ]);
    expect((await runCommand(['incidents'], { cwd })).stdout).toContain(`${id}  review`);
    const stuck = await runCommand(['token', id], { cwd });
    expect(stuck).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`circuit-breaker retry ${id}\n`) as string,
    });
    const [failed] = JSON.parse((await runCommand(['executions', '--token', id, '--json'], { cwd })).stdout) as {
      id: string;
    }[];
    const shown = await runCommand(['execution', failed?.id ?? ''], { cwd });
    expect(shown.code).toBe(1);
    expect(shown.stdout).toContain('Status    FAILED');
    const again = await runCommand(['retry', id, '--follow'], { cwd });
    expect(again, again.stdout).toMatchObject({ code: 1, stdout: expect.stringContaining('Incident  auth') as string });
    await folders.write(cwd, { 'agents/reviewer.yaml': AGENT });
    expect(await runCommand(['apply'], { cwd })).toMatchObject({ code: 0 });
    const retried = await runCommand(['retry', id, '--follow'], { cwd });
    expect(retried.code, `${retried.stdout}${retried.stderr}`).toBe(0);
    expect(retried.stdout).toMatch(/^An agent works: execution \S+:review:3\n/);
    expect(retried.stdout).toContain('│ All is fine.\n');
    expect(retried.stdout).toMatch(/\nIncident auth is resolved\.\n[^]+done \(COMPLETED\)/);
    expect((await runCommand(['incidents'], { cwd })).stdout).toBe('There are no incidents.\n');
  });

  it('fire a transition, refused with what blocks it, and cancel', async () => {
    const cwd = await makeFolder({ 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': WORKFLOW });
    const made = await runCommand(['run', 'review', '--data', '@document.json', '--json'], { cwd });
    const { id } = JSON.parse(made.stdout) as { id: string };
    await eventually(async () => {
      expect((await runCommand(['tokens', '--place', 'reviewed'], { cwd })).stdout).toContain(id);
    });
    const blocked = await runCommand(['token', id], { cwd });
    expect(blocked.stdout).toContain('  publish → done, manual\n    RULE_ERROR ');
    const refused = await runCommand(['fire', id, 'publish'], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    const fired = await runCommand(['fire', id, 'publish', '--data', '{"ok": true}', '--follow'], { cwd });
    expect(fired).toMatchObject({ code: 0, stdout: expect.stringMatching(/^→ done, by publish\nToken /) as string });
    const another = JSON.parse(
      (await runCommand(['run', 'review', '--data', '@document.json', '--json'], { cwd })).stdout,
    ) as { id: string };
    const cancelled = await runCommand(['cancel', another.id, '--reason', 'duplicate'], { cwd });
    expect(cancelled.stdout, cancelled.stderr).toMatch(/^Token \S+ is in \w+ \(CANCELLED\)\.\n$/);
    const missing = await runCommand(['token', 'nobody'], { cwd });
    expect(missing).toMatchObject({ code: 2, stderr: 'There is no token "nobody".\n' });
  });

  it('follow an execution, also one that has ended', async () => {
    const cwd = await makeFolder({ 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': AUTOMATIC });
    await runCommand(['run', 'review', '--data', '@document.json', '--follow'], { cwd });
    const [newest] = JSON.parse((await runCommand(['executions', '--first', '1', '--json'], { cwd })).stdout) as {
      id: string;
    }[];
    const { code, stdout } = await runCommand(['execution', newest?.id ?? '', '--follow'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('│ All is fine.\n');
    expect(stdout).toContain('Status    COMPLETED');
  });

  it('have an agent work on its own: by the answer that is known, by its model all the same, or once it is purged', async () => {
    const cached = AGENT.replace('id: reviewer', 'id: cacher').replace(
      '[{ toolCalls: [{ name: token.read, arguments: {} }] }, All is fine.]',
      '[All is fine.]',
    );
    const agent = `${cached.replace('tools: [token.read]\n', '')}cache: { ttlSeconds: 600, scope: AGENT }\n`;
    const cwd = await makeFolder({ 'agents/cacher.yaml': agent });
    const execute = async (...more: readonly string[]) => {
      const words = ['execute', 'cacher', '--data', '@document.json', '--follow', ...more];
      const { code, stdout, stderr } = await runCommand(words, { cwd });
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('│ All is fine.\n');
      return stdout;
    };
    const first = /^Execution (\S+):/m.exec(await execute())?.[1] ?? '';
    expect(await execute()).toContain(`Status    COMPLETED, with the answer that execution ${first} was given`);
    expect(await execute('--bypass-cache')).toContain('Status    COMPLETED, after 1 model call');
    const purged = await runCommand(['purge-cache', 'cacher'], { cwd });
    expect(purged).toMatchObject({ code: 0, stdout: 'Answers of cacher that were removed: 1.\n' });
    const begun = await runCommand(['execute', 'cacher', '--data', '@document.json', '--json'], { cwd });
    expect(JSON.parse(begun.stdout)).toMatchObject({ agentId: 'cacher', id: expect.any(String) as string });
    const nobody = await runCommand(['purge-cache', 'nobody'], { cwd });
    expect(nobody).toMatchObject({ code: 2, stderr: 'There is no agent "nobody".\n' });
  });

  it('bring an agent in, and say how it does', async () => {
    const agent = AGENT.replace('tools: [token.read]\n', '').replace(
      /responses: .*, delayMs/,
      'responses: [Fine.], delayMs',
    );
    const workflow = `
id: rolled
name: Rolled
places: [draft, done]
initialPlace: draft
transitions:
  - id: review
    fromPlaces: [draft]
    toPlace: done
    agentExecution: { agentId: rolled, required: false, inputMapping: { text: data.text } }
`;
    const cwd = await makeFolder({
      'agents/rolled.yaml': agent.replace('id: reviewer', 'id: rolled'),
      'workflows/rolled.yaml': workflow,
    });
    const rollout = (...more: readonly string[]) => runCommand(['rollout', 'rolled', 'review', ...more], { cwd });
    const set = await rollout('--mode', 'shadow', '--max-error-rate', '0.2');
    const until = 'until more than 20 % of its executions fail';
    expect(set).toMatchObject({
      code: 0,
      stdout: `Rollout of review in rolled: shadow for 100 % of the tokens, ${until}.\n`,
    });
    const ran = await runCommand(['run', 'rolled', '--data', '@document.json', '--fire', 'review', '--follow'], {
      cwd,
    });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('An agent works in the shadow') as string });
    expect(ran.stdout).toContain('review (its agent runs in the shadow) → done');
    await eventually(async () => {
      const { code, stdout } = await rollout();
      expect(stdout).toContain('Shadow    1 execution, 0 failed (0 %)');
      expect(code).toBe(0);
    });
    const left = JSON.parse((await rollout('--mode', 'off', '--max-error-rate', 'none', '--json')).stdout) as object;
    expect(left).toEqual({ mode: 'off', percent: 100, maxErrorRate: null, stoppedBecause: null });
  });

  it('say in one line what was called wrongly', async () => {
    const cwd = await makeFolder({ 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': AUTOMATIC });
    for (const [words, expected] of [
      [['fire', 'x'], 'Say which: TRANSITION is missing.\n'],
      [['execute'], 'Say which: AGENT is missing.\n'],
      [['run', 'review', '--data', '@nowhere.json'], /^nowhere\.json cannot be read: ENOENT.*\n$/],
      [['run', 'review', '--data', '[1]'], '--data is no JSON object.\n'],
      [['tokens', '--first', '0'], '--first must be a whole number from 1 to 200.\n'],
      [['tokens', '--status', 'LOST'], /^.*TokenStatus.*\n$/],
    ] as const) {
      const { code, stderr } = await runCommand(words, { cwd });
      expect(code).toBe(2);
      if (typeof expected === 'string') expect(stderr).toBe(expected);
      else expect(stderr).toMatch(expected);
    }
  });
});
