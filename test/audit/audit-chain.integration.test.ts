import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { expireAudit } from '../../src/audit/expire-audit.js';
import { nextLink } from '../../src/audit/next-link.js';
import { verifyAudit } from '../../src/audit/verify-audit.js';
import { AUDIT_START, type AuditLink } from '../../src/core/audit/audit-link.js';
import { anAuditEntry, auditEntries, auditingProcess, type AuditingProcess } from '../support/audited.js';
import { NOW } from '../support/builders.js';
import { canTestPostgres, createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';

const ENTRIES = 'circuit_breaker.audit_entries';
const SECRETS = ['a secret of this installation, long enough'];

describe.skipIf(!(await canTestPostgres()))('the chain of the audit', () => {
  let database: TestDatabase;
  let one: AuditingProcess;

  beforeEach(async () => {
    database = await createTestDatabase();
    one = await auditingProcess(database.url);
  });
  afterEach(async () => {
    await one.close();
    await database.drop();
  });

  const verify = (options: Partial<Parameters<typeof verifyAudit>[1]> = {}) =>
    verifyAudit(one.storage.audit, { secrets: [], ...options });
  const change = (statement: string) => onDatabase(database.url, statement);
  const write = async (count: number) => {
    await one.storage.audit.tell(auditEntries(count));
    await one.chain.catchUp();
  };
  const expire = (secrets: readonly string[]) =>
    expireAudit({ store: one.storage.audit, retentionMs: 86_400_000, secrets, now: () => '2026-12-31T00:00:00.000Z' });

  it('is one, however many processes write at once', async () => {
    const others = await Promise.all([1, 2].map(() => auditingProcess(database.url)));
    const processes = [one, ...others];
    await Promise.all(
      processes.flatMap(({ storage, chain }) =>
        auditEntries(60).map(async (entry) => {
          await storage.audit.tell([entry]);
          await chain.catchUp();
        }),
      ),
    );
    await Promise.all(others.map((other) => other.close()));
    const verdict = await verify();
    expect(verdict).toMatchObject({ entries: 180, waiting: 0, problems: [] });
    expect(verdict.end.sequence).toBe(180);
    const subjects = (await one.storage.audit.read(0, 1000)).map(({ entry }) => entry.subject);
    expect(new Set(subjects).size).toBe(60);
  });

  it('is whole while it grows', async () => {
    await write(3000);
    const growing = Promise.all(Array.from({ length: 20 }, () => write(10)));
    const verdicts = await Promise.all([verify(), verify()]);
    await growing;
    expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
    expect(await verify()).toMatchObject({ entries: 3200, problems: [] });
  });

  it.each([
    [
      'an entry that says something else',
      `update ${ENTRIES} set entry = replace(entry::text, 'token-17', 'token-71')::json where sequence = 17`,
      'Entry 17 does not fit its hash: it was changed.',
    ],
    [
      'an entry with another hash',
      `update ${ENTRIES} set hash = repeat('a', 64) where sequence = 17`,
      'Entry 17 does not fit its hash: it was changed.',
    ],
    ['an entry that is gone', `delete from ${ENTRIES} where sequence = 17`, 'Entry 17 is missing.'],
    [
      'entries that are gone',
      `delete from ${ENTRIES} where sequence between 17 and 19`,
      'Entries 17 to 19 are missing.',
    ],
    ['the first one gone', `delete from ${ENTRIES} where sequence = 1`, 'Entry 1 is missing.'],
    [
      'a tail that was cut',
      `delete from ${ENTRIES} where sequence > 37`,
      'Entries 38 to 40 are missing. They were the last ones.',
    ],
    ['everything gone', `delete from ${ENTRIES}`, 'Entries 1 to 40 are missing. They were the last ones.'],
    [
      "entries in each other's place",
      `update ${ENTRIES} old set entry = other.entry, hash = other.hash from ${ENTRIES} other where old.sequence in (17, 18) and other.sequence = 35 - old.sequence`,
      'Entry 17 does not fit its hash: it was changed.',
    ],
    [
      'an entry that nobody chained',
      `insert into ${ENTRIES} select 41, hash, entry from ${ENTRIES} where sequence = 40`,
      'Entry 41 does not fit its hash: it was changed.',
    ],
    [
      'an end that is not known',
      'delete from circuit_breaker.audit_head',
      'The end of the chain is not known any more: its row was removed.',
    ],
  ])('shows %s', async (_, statement, problem) => {
    await write(40);
    expect(await verify()).toMatchObject({ entries: 40, problems: [] });
    await change(statement);
    expect((await verify()).problems[0]).toBe(problem);
  });

  it('shows a chain that was made anew, to whoever has kept an end of it', async () => {
    await write(40);
    const { end: expected } = await verify();
    await write(5);
    expect((await verify({ expected })).problems).toEqual([]);
    const links: AuditLink[] = [];
    for (const entry of auditEntries(45))
      links.push(nextLink(links.at(-1) ?? AUDIT_START, { ...entry, actor: 'nobody' }));
    for (const { sequence, hash, entry } of links) {
      await change(
        `update ${ENTRIES} set hash = '${hash}', entry = '${JSON.stringify(entry)}' where sequence = ${sequence}`,
      );
    }
    await change(`update circuit_breaker.audit_head set hash = '${links.at(-1)?.hash ?? ''}'`);
    expect((await verify()).problems).toEqual([]);
    expect((await verify({ expected })).problems).toEqual([
      'Entry 40 has another hash than it had: the chain was made anew.',
    ]);
  });

  it('of 10,000 entries is verified in less than two seconds', async () => {
    await write(10_000);
    const begun = performance.now();
    expect(await verify()).toMatchObject({ entries: 10_000, problems: [] });
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('loses its oldest entries and is whole from there, by an anchor that is signed', async () => {
    await write(40);
    await one.storage.audit.tell([anAuditEntry({ time: '2026-12-31T00:00:00.000Z', subject: 'young' })]);
    await one.chain.catchUp();
    await expire(SECRETS);
    await expire(SECRETS);
    await one.chain.catchUp();
    const left = await one.storage.audit.read(0, 100);
    expect(left.map(({ sequence, entry }) => [sequence, entry.action, entry.subject, entry.count])).toEqual([
      [41, 'createToken', 'young', undefined],
      [42, 'audit.expire', '40', 40],
    ]);
    const verdict = await verify({ secrets: SECRETS });
    expect(verdict).toMatchObject({ entries: 2, problems: [], anchor: { sequence: 40, removed: 40 } });
    expect((await verify({ secrets: ['another secret, and as long as it has to be'] })).problems).toHaveLength(1);
    // Whoever removes more of them cannot sign it.
    const hash = left[0]?.hash ?? '';
    await change(`delete from ${ENTRIES} where sequence = 41`);
    await change(
      `update circuit_breaker.audit_anchor set sequence = 41, document = '${JSON.stringify({ ...verdict.anchor, sequence: 41, hash })}'`,
    );
    expect((await verify({ secrets: SECRETS })).problems).toHaveLength(1);
    await change(
      `update circuit_breaker.audit_anchor set document = '${JSON.stringify({ sequence: 41, hash, removedAt: NOW, removed: 41 })}'`,
    );
    expect((await verify({ secrets: SECRETS })).problems).toHaveLength(1);
  });

  it('is whole while its oldest entries are removed', async () => {
    await write(6000);
    const verdicts = await Promise.all([verify(), expire([]), verify(), verify()]);
    expect(verdicts.flatMap((verdict) => verdict?.problems ?? [])).toEqual([]);
    expect((await verify()).anchor?.sequence).toBe(6000);
  });
});
