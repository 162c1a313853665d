import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { auditEntries, auditingProcess, anAuditEntry } from '../support/audited.js';
import { canTestPostgres, createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { PROGRAM } from '../support/spawned-process.js';

const run = promisify(execFile);

describe.skipIf(!(await canTestPostgres()))('circuit-breaker audit', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { storage, chain, close } = await auditingProcess(database.url);
    await storage.audit.tell([
      ...auditEntries(20),
      anAuditEntry({ time: '2027-01-01T00:00:00.000Z', subject: 'late' }),
    ]);
    await chain.catchUp();
    await close();
  });
  afterAll(async () => {
    await database.drop();
  });

  async function audit(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, STORAGE_URL: database.url, LOG_FORMAT: 'json' };
    try {
      const { stdout } = await run(process.execPath, [PROGRAM, 'audit', ...args], { env });
      return { code: 0, said: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as {
        readonly code: number;
        readonly stdout: string;
        readonly stderr: string;
      };
      return { code, said: stdout + stderr };
    }
  }

  it('writes lines of JSON, in the order of the chain, from a time on', async () => {
    const all = await audit('export');
    const lines = all.said.trim().split('\n');
    expect(lines).toHaveLength(21);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ sequence: 1, actor: 'ci', subject: 'token-1' });
    const late = await audit('export', '--since', '2027-01-01T01:00:00+01:00');
    expect(late.said.trim()).toBe(lines[20]);
    expect([all.code, late.code]).toEqual([0, 0]);
  });

  it('says whether the chain is whole, and exits with 1 where it is not', async () => {
    const whole = await audit('verify');
    expect(whole).toMatchObject({ code: 0 });
    const [, place = ''] = /The audit is whole: 21 entries\. It ends with (\S+)/.exec(whole.said) ?? [];
    expect((await audit('verify', '--expect', place)).code).toBe(0);
    expect((await audit('verify', '--expect', place.replace(/^21/, '20'))).code).toBe(1);
    await onDatabase(database.url, 'delete from circuit_breaker.audit_entries where sequence = 7');
    const broken = await audit('verify');
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.said).toContain('Entry 7 is missing.');
  });

  it.each<[readonly string[], string]>([
    [[], 'Say what to do: audit verify, or audit export.'],
    [['list'], 'There is no "audit list"'],
    [['export', '--since', 'soon'], 'since must be a time'],
    [['verify', '--expect', 'x'], 'expect must be what an earlier audit verify has printed'],
  ])('%j is refused with what it should be', async (args, message) => {
    const { code, said } = await audit(...args);
    expect(code).toBe(2);
    expect(said).toContain(message);
  });
});
