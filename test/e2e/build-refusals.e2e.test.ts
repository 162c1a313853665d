import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createToken, createWorkflow, fire, settledToken } from '../support/api-client.js';
import { newSetting, type Setting } from '../support/everything.js';
import { otherBuild, type OtherBuild } from '../support/other-build.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { runCommand } from '../support/run-command.js';
import { PROGRAM, SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const TEAM = { TEMPORAL_DEPLOYMENT_NAME: 'team' };

describe('a build of workers', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let other: OtherBuild;
  const processes: SpawnedProcess[] = [];

  beforeAll(async () => {
    [temporal, database, other] = await Promise.all([
      startTemporalServer(),
      createTestDatabase(),
      otherBuild('unguarded'),
    ]);
    setting = await newSetting({ TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url, LOG_LEVEL: 'info' });
    await Promise.all([start('worker'), start('api')]);
  });

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await temporal.stop();
    await database.drop();
    await Promise.all([setting.remove(), other.remove()]);
  });

  async function start(command: 'worker' | 'api', more: Record<string, string> = {}, program = PROGRAM) {
    const started = await SpawnedProcess.ready(command, { ...setting.environment, ...more }, { program });
    processes.push(started);
    return started;
  }

  const upgrade = (program: string, ...args: string[]) =>
    runCommand(['upgrade', ...args], { env: { ...setting.environment, ...TEAM }, program });

  it('does not become current where what runs without one would break by that, and does where it is repeated', async () => {
    const { address } = setting;
    const definition = { id: 'tickets', name: 'Tickets', places: ['open', 'closed'], initialPlace: 'open' };
    await createWorkflow(address, {
      ...{ ...definition, transitions: [{ id: 'close', fromPlaces: ['open'], toPlace: 'closed' }] },
    });
    for (const id of ['one', 'two']) await createToken(address, { id, workflowId: 'tickets', data: {} });
    const breaking = await start('worker', TEAM, other.program);
    expect(breaking.output).toContain('What begins goes to workers without a build');
    const refused = await upgrade(other.program, '--make-current');
    expect(refused).toMatchObject({
      ...{ code: 1, stderr: '' },
      stdout: expect.stringMatching(/is not made current: .+ and 2 of that cannot\.\n {2}(one|two) /) as string,
    });
    await fire(address, { tokenId: 'one', transitionId: 'close' });
    expect(await settledToken(address, 'one')).toMatchObject({ status: 'COMPLETED' });

    await start('worker', TEAM);
    expect(await upgrade(PROGRAM, '--make-current')).toMatchObject({ code: 0, stderr: '' });
    await fire(address, { tokenId: 'two', transitionId: 'close' });
    expect(await settledToken(address, 'two')).toMatchObject({
      status: 'COMPLETED',
      history: [{ transition: 'close' }],
    });
  });

  it('is not started with the id of other workflows', async () => {
    const build = { ...TEAM, TEMPORAL_WORKER_BUILD_ID: 'monday' };
    await start('worker', build);
    const second = SpawnedProcess.start('worker', { ...setting.environment, ...build }, { program: other.program });
    expect(await second.exit()).toBe(1);
    expect(second.output).toContain('TEMPORAL_WORKER_BUILD_ID is "monday", which is a build with other workflows');
    await start('worker', build);
  });

  it('takes nothing over before a worker of it runs, nor without a name', async () => {
    const env = { ...setting.environment, ...TEAM, TEMPORAL_WORKER_BUILD_ID: 'tuesday' };
    expect(await runCommand(['upgrade', '--make-current'], { env })).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('No worker of build "tuesday"') as string },
    });
    expect(await runCommand(['upgrade', '--move'], { env: setting.environment })).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('TEMPORAL_DEPLOYMENT_NAME is not set') as string },
    });
    for (const wrong of [[], ['--check', '--move'], ['--check', '--dry-run'], ['--move', '--most', '5']]) {
      expect((await upgrade(PROGRAM, ...wrong)).code).toBe(2);
    }
  });

  it('is refused by a server that does not route by builds, in a line that says what to do', async () => {
    const older = await startTemporalServer({ routesByBuilds: false });
    try {
      const env = { ...setting.environment, ...TEAM, TEMPORAL_ADDRESS: older.address };
      const worker = SpawnedProcess.start('worker', env);
      expect(await worker.exit()).toBe(1);
      const doctor = await runCommand(['doctor'], { env });
      for (const text of [worker.output, doctor.stdout]) {
        expect(text).toContain('The Temporal server does not route by builds of workers');
      }
    } finally {
      await older.stop();
    }
  });
});
