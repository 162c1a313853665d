import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { identityOf, isRunning, type ProcessIdentity } from '../../src/backends/postgres/running-process.js';
import { eventually } from '../support/eventually.js';
import { SpawnedProcess } from '../support/spawned-process.js';

/** One server: enough of a cluster. */
const COMPOSE = `
services:
  nats:
    image: nats:2
    command: [nats-server, --port, '4222', --jetstream, --store_dir, /data]
    volumes: ['nats:/data']
    expose: ['4222']
    restart: unless-stopped
    healthcheck: { test: ['CMD', 'nc', '-z', '127.0.0.1', '4222'], interval: 5s, retries: 5 }
`;

describe.skipIf(process.platform !== 'linux')('the cluster on a folder', () => {
  let folder: string;
  let clusters: SpawnedProcess[];
  let bystanders: ChildProcess[];

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'cluster-record-')));
    [clusters, bystanders] = [[], []];
    writeFileSync(join(folder, 'compose.yml'), COMPOSE);
  });
  afterEach(async () => {
    await Promise.all(clusters.map((one) => one.stop()));
    for (const one of bystanders) one.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const data = () => join(folder, 'data');
  const record = () => JSON.parse(readFileSync(join(data(), 'processes.json'), 'utf8')) as ProcessIdentity[];

  function onlyServer(): ProcessIdentity {
    const [server] = record();
    if (server === undefined) throw new Error('nothing is written down');
    return server;
  }

  function startCluster(): SpawnedProcess {
    const args = ['--file', join(folder, 'compose.yml'), '--data', data(), '--any-ports'];
    const cluster = SpawnedProcess.startCluster(args, { SECRETS_DIR: join(folder, 'secrets') });
    clusters.push(cluster);
    return cluster;
  }

  /** Somebody else's, which happens to run in the folder of the cluster. */
  function startBystander(): number {
    const bystander = spawn('sleep', ['600'], { cwd: data(), stdio: 'ignore' });
    bystanders.push(bystander);
    return bystander.pid ?? -1;
  }

  it('refuses a second one in one line, and leaves nothing of its processes behind when it ends', async () => {
    const first = startCluster();
    await first.untilReady();
    const server = onlyServer();
    const second = startCluster();
    expect(await second.exit()).toBe(1);
    expect(second.output.trim()).toBe(
      `The data folder ${data()} is in use by process ${String(first.pid)}, and only one process can open it. ` +
        'Stop that one (Ctrl-C), or name another folder with --data.',
    );
    expect(isRunning(server)).toBe(true);
    expect(await first.stop()).toBe(0);
    expect(isRunning(server)).toBe(false);
    expect(record()).toEqual([]);
  });

  it('ends, where one was killed, exactly what that one had started, by id and by start', async () => {
    const killed = startCluster();
    await killed.untilReady();
    const server = onlyServer();
    await killed.kill();
    // Neither who runs within the folder, nor who was given an id that a process of the cluster had.
    const [within, reused] = [startBystander(), startBystander()];
    const before = { ...identityOf(reused), startedAt: '1' };
    const ofAnotherBoot = { ...identityOf(within), bootId: 'another' };
    writeFileSync(join(data(), 'processes.json'), JSON.stringify([server, before, ofAnotherBoot]));
    expect(isRunning(server)).toBe(true);

    await startCluster().untilReady();
    expect(isRunning(server)).toBe(false);
    expect([within, reused].map((pid) => isRunning({ pid }))).toEqual([true, true]);
    expect(record().map(({ pid }) => pid)).not.toContain(server.pid);
  });

  it('ends what a process of it had started as well', async () => {
    const killed = startCluster();
    await killed.untilReady();
    await killed.kill();
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
    bystanders.push(parent);
    let said = '';
    parent.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(() => {
      expect(said).toMatch(/\d\n/);
    });
    writeFileSync(join(data(), 'processes.json'), JSON.stringify([...record(), identityOf(parent.pid ?? -1)]));
    await startCluster().untilReady();
    expect(isRunning({ pid: Number(said) })).toBe(false);
    expect(parent.signalCode).toBe('SIGKILL');
  });
});
