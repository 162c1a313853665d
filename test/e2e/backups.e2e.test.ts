import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { graphql } from '../support/api-client.js';
import { newPreparedSetting, newSetting, startEverything, type Setting } from '../support/everything.js';
import { expectWhole, prepareWriting, Surroundings, write } from '../support/installation.js';
import { runCommand } from '../support/run-command.js';
import { StreamViewer } from '../support/stream-viewer.js';

let surroundings: Surroundings;
let setting: Setting;
/** Where the commands are given. */
let cwd: string;
const settings: Setting[] = [];

beforeAll(async () => {
  surroundings = await Surroundings.start({ chunks: 40 });
  setting = await newPreparedSetting({ OPENAI_BASE_URL: surroundings.prose.baseUrl });
  settings.push(setting);
  cwd = await mkdtemp(join(tmpdir(), 'circuit-breaker-backups-'));
  await writeFile(join(cwd, 'circuit-breaker.yaml'), `environments: { default: { url: '${setting.address}' } }\n`);
});
afterAll(async () => {
  await Promise.all([surroundings.stop(), ...settings.map((one) => one.remove())]);
  await rm(cwd, { recursive: true });
});

it('a backup that is made in the middle of an answer is started elsewhere: what was acknowledged is there, and goes on', async () => {
  const first = await startEverything(setting);
  await prepareWriting(setting.address);
  const ended = await write(setting.address, 'ended');
  const early = new StreamViewer();
  expect(await early.watch(setting.address, ended.executionId)).toBe(1000);
  const goOn = surroundings.prose.hold('middles', 6);
  const going = await write(setting.address, 'middles');
  const before = new StreamViewer();
  const watching = before.watch(setting.address, going.executionId);
  await before.sawChunks(3);

  const backUp = () => runCommand(['backup', 'monday'], { cwd });
  expect(await backUp()).toMatchObject({ code: 0, stderr: '' });
  expect(await backUp()).toMatchObject({ code: 2, stderr: expect.stringContaining('not empty') as string });
  goOn();
  expect(await watching).toBe(1000);
  await expectWhole(setting.address, going, [before]);
  const late = await write(setting.address, 'late');
  await first.stop();

  const elsewhere = await newSetting({ OPENAI_BASE_URL: surroundings.prose.baseUrl });
  settings.push(elsewhere);
  const restoring = () => runCommand(['restore', 'monday'], { cwd, env: elsewhere.environment });
  expect(await restoring()).toMatchObject({ code: 0, stderr: '' });
  expect(await restoring()).toMatchObject({ code: 2, stderr: expect.stringContaining('not empty') as string });
  const second = await startEverything(elsewhere);
  const viewer = new StreamViewer();
  expect(await viewer.watch(elsewhere.address, going.executionId)).toBe(1000);
  await expectWhole(elsewhere.address, going, [viewer]);
  await expectWhole(elsewhere.address, ended, [early]);
  // It came after the backup.
  const query = 'query ($id: String!) { token(id: $id) { id } }';
  expect(await graphql(elsewhere.address, query, { id: late.tokenId })).toEqual({ token: null });
  await second.stop();

  await truncate(join(cwd, 'monday', 'temporal.db'), 4096);
  const refused = await newSetting();
  settings.push(refused);
  expect(await runCommand(['restore', 'monday'], { cwd, env: refused.environment })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('temporal.db has 4096 bytes') as string,
  });
});
