import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openStorage } from '../../src/storage/open-storage.js';
import { graphql } from '../support/api-client.js';
import { NOW } from '../support/builders.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { createTestDatabase } from '../support/postgres.js';
import { putPreparedStorage } from '../support/prepared-storage.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer } from '../support/temporal-server.js';

const KEY = 'sk-planted-Zq7x-0123456789';
/** Nobody listens there, and nobody can; also where a machine that runs Ollama would answer. */
const NO_OLLAMA = { OLLAMA_BASE_URL: 'http://127.0.0.1:3' };

describe('circuit-breaker doctor', () => {
  let setting: Setting;
  let server: FaultServer;
  let folder: string;

  beforeEach(async () => {
    setting = await newSetting(NO_OLLAMA);
    server = await startFaultServer();
    folder = setting.environment['DATA_DIR'] ?? '';
  });

  afterEach(async () => {
    await server.stop();
    await setting.remove();
  });

  async function doctor(environment: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
    const spawned = SpawnedProcess.start('doctor', { ...setting.environment, ...environment });
    return { code: await spawned.exit(), output: spawned.output };
  }

  it('finds a fresh folder ready for a start, and leaves it as it is', async () => {
    const { code, output } = await doctor();
    expect(code, output).toBe(0);
    expect(output).toMatch(/^(ok|note) +Node\.js /m);
    for (const subject of ['Configuration', 'API', 'Temporal', 'Storage', 'mock']) {
      expect(output).toMatch(new RegExp(`^ok +${subject} `, 'm'));
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('says that a storage belongs to another Temporal namespace, until that is told to take its place', async () => {
    const [database, temporal] = await Promise.all([createTestDatabase(), startTemporalServer()]);
    const { storage } = await openStorage(database.url, { logger: new MemoryLogger() });
    await storage.temporalHome.claim({ namespaceId: 'long-gone', namespace: 'default', since: NOW });
    await storage.close();
    const environment = { TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url };
    const { code, output } = await doctor(environment);
    expect(code, output).toBe(0);
    const [, id = ''] = /TEMPORAL_ADOPT_NAMESPACE=([0-9a-f-]+)/.exec(output) ?? [];
    expect(output).toMatch(/^note +Temporal +This storage belongs to another Temporal namespace/m);
    const moved = await doctor({ ...environment, TEMPORAL_ADOPT_NAMESPACE: id });
    expect(moved.output).not.toContain('belongs to another');
    await temporal.stop();
    await database.drop();
  });

  it('says what its connection to Temporal came from, and that it does not read a file that nobody asked for', async () => {
    const temporal = await startTemporalServer();
    const file = join(folder, 'temporalio', 'temporal.toml');
    await mkdir(join(folder, 'temporalio'));
    await writeFile(file, `[profile.default]\naddress = "${temporal.address}"\n`);
    const unasked = await doctor({ XDG_CONFIG_HOME: folder });
    expect(unasked.output).toContain(`${file} is there and not read: TEMPORAL_PROFILE=default takes`);
    const named = { XDG_CONFIG_HOME: folder, TEMPORAL_PROFILE: 'default' };
    const { code, output } = await doctor({ ...named, TEMPORAL_NAMESPACE: 'default' });
    expect(code, output).toBe(0);
    expect(output).toContain(`${temporal.address} answers, namespace "default".`);
    expect(output).toMatch(
      /^ +From profile "default" of .+temporal\.toml: address\.\n +From TEMPORAL_NAMESPACE: namespace\.$/m,
    );
    const other = await doctor({ ...named, TEMPORAL_PROFILE: 'prod' });
    expect(other.output).toMatch(/^FAIL +Configuration +TEMPORAL_PROFILE: .+ has no profile "prod": it has "default"/m);
    await temporal.stop();
  });

  it('lists the tools that load, and the modules that do not with why, whatever these do', async () => {
    const tools = await mkdtemp(join(tmpdir(), 'circuit-breaker-tools-'));
    const head = `import { defineTool } from 'circuit-breaker/tools';\nimport { z } from 'zod';\n`;
    const tool = `defineTool({ name: 'lookup', description: 'Looks up.', input: z.object({}), run: () => 1 })`;
    await writeFile(join(tools, 'a.mjs'), `${head}export const a = ${tool};\nsetInterval(() => undefined, 1000);`);
    await writeFile(join(tools, 'b.mjs'), `throw new Error('no such host');`);
    await writeFile(join(tools, 'c.mjs'), `process.exit(0);`);
    const { code, output } = await doctor({ TOOLS_DIR: tools });
    await rm(tools, { recursive: true });
    expect(code, output).toBe(1);
    expect(output).toMatch(/^ok +Tools +lookup$/m);
    expect(output).toMatch(/^FAIL +Tools +TOOLS_DIR: .*b\.mjs:1:7: no such host\. Mend the module/m);
    expect(output).toMatch(/^FAIL +Tools +TOOLS_DIR: .*c\.mjs:1:9: process\.exit\(\) within a tool/m);
    expect(output).toContain('A start needs this first: Tools.');
  });

  it('says what to do about an account that does not work, and prints no key; a start does not need it', async () => {
    server.behave((_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `wrong key ${KEY}` } }));
    });
    const { code, output } = await doctor({
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: server.baseUrl,
      CREDENTIAL_BOUND: `${KEY}-bound`,
      CREDENTIAL_BOUND_HOSTS: 'gateway.example.com',
      CREDENTIAL_LOOSE: `${KEY}-loose`,
    });
    expect(code, output).toBe(0);
    expect(output).toMatch(/^FAIL +openai .*Check OPENAI_API_KEY/m);
    expect(output).toMatch(/^ok +Credential +CREDENTIAL_BOUND may go to gateway\.example\.com/m);
    expect(output).toMatch(/^note +Credential +CREDENTIAL_LOOSE goes nowhere: set CREDENTIAL_LOOSE_HOSTS/m);
    expect(output).not.toContain(KEY);
  });

  it('lists the first models of an account that works', async () => {
    server.behave((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })) }));
    });
    const { output } = await doctor({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: server.root });
    expect(output).toMatch(/^ok +anthropic +Offers 5 models\. .* a, b, c, d, …/m);
    expect(output).not.toContain(KEY);
  });

  it('a port that another program has is a reason to fail', async () => {
    const { code, output } = await doctor({ PORT: new URL(server.root).port });
    expect(code, output).toBe(1);
    expect(output).toMatch(/^FAIL +API +Port \d+ is taken by another program.*set PORT/m);
  });

  it('a folder that another process has is a reason to fail, and stays with that process', async () => {
    await mkdir(`${folder}/storage`);
    const lock = JSON.stringify({ pid: process.pid });
    await writeFile(`${folder}/storage.lock`, lock);
    const { code, output } = await doctor();
    expect(code, output).toBe(1);
    expect(output).toMatch(new RegExp(`^FAIL +Storage .*in use by process ${process.pid}`, 'm'));
    expect(await readFile(`${folder}/storage.lock`, 'utf8')).toBe(lock);
  });

  it.each([
    [{ PORT: 'http' }, /^FAIL +Configuration +PORT is "http"/m],
    [{ TEMPORAL_ADDRESS: '127.0.0.1:3' }, /^FAIL +Temporal .*does not answer/m],
    [{ STORAGE_URL: 'postgres://user:planted-password@127.0.0.1:3/db' }, /^FAIL +Storage .*cannot be reached/m],
    [{ STREAM_URL: 'carrier-pigeon:' }, /^FAIL +Streams +STREAM_URL/m],
    [{ DATA_DIR: '/dev/null/data' }, /^FAIL +Storage .*cannot be written/m],
    [{ TEMPORAL_CLI_PATH: '/dev/null' }, /^FAIL +Temporal CLI +TEMPORAL_CLI_PATH/m],
    [{ CREDENTIAL_X: 'planted-value', CREDENTIAL_X_HOSTS: 'a b' }, /^FAIL +Providers +CREDENTIAL_X_HOSTS/m],
  ])('%j makes it fail with what to do', async (environment: Record<string, string>, message) => {
    const { code, output } = await doctor(environment);
    expect(code, output).toBe(1);
    expect(output).toMatch(message);
    expect(output).not.toMatch(/planted|\n\s+at /);
  });

  it('says where a Temporal program would come from when there is none, and fetches none', async () => {
    const { code, output } = await doctor({ PATH: '', XDG_CACHE_HOME: `${folder}/cache` });
    expect(code, output).toBe(0);
    expect(output).toMatch(/^note +Temporal CLI .*the first start downloads[^]*temporal\.download[^]*PyPI/m);
    expect(await readdir(folder)).toEqual([]);
  });

  it('finds nothing wrong with a server that runs, and does not disturb it', async () => {
    await putPreparedStorage(`${folder}/storage`);
    const everything = await startEverything(setting);
    const { code, output } = await doctor();
    expect(code, output).toBe(0);
    expect(output).toMatch(/^ok +API +Runs at/m);
    expect(output).toMatch(/^ok +Storage .*which a running process has open/m);
    const { llmProviders } = await graphql<{ llmProviders: readonly { type: string; works: boolean }[] }>(
      setting.address,
      '{ llmProviders { type works } }',
    );
    expect(llmProviders).toEqual([
      { type: 'ollama', works: false },
      { type: 'mock', works: true },
    ]);
    const named = await doctor({ TEMPORAL_ADDRESS: setting.temporalAddress, TEMPORAL_NAMESPACE: 'nowhere' });
    expect(named.output).toMatch(/^FAIL +Temporal .*has no namespace "nowhere"/m);
    expect((await fetch(`${setting.address}/health/ready`)).status).toBe(200);
    expect(await everything.stop(), everything.output).toBe(0);
  });
});
