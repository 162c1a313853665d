import { expect, it } from 'vitest';

import { nextLink } from '../../../src/audit/next-link.js';
import type { AuditLink } from '../../../src/core/audit/audit-link.js';
import type { AuditEntry } from '../../../src/core/audit/audit-entry.js';
import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import type { ToolApproval } from '../../../src/core/executions/tool-approval.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';

function anEntry(fields: Partial<AuditEntry> = {}): AuditEntry {
  return { time: NOW, actor: 'ci', role: 'operate', action: 'createToken', subject: 's', outcome: 'ok', ...fields };
}

/** Chains all that waits, and gives what was chained. */
async function chained({ audit }: Storage): Promise<readonly AuditLink[]> {
  const { head, waiting } = await audit.end(1000);
  if (head === undefined) throw new Error('the chain has an end');
  const links: AuditLink[] = [];
  for (const { entry } of waiting) links.push(nextLink(links.at(-1) ?? head, entry));
  const ids = waiting.map(({ id }) => id);
  expect(await audit.append(head, links, ids)).toBe(true);
  return links;
}

async function toldOf(storage: Storage, subject: string): Promise<readonly AuditEntry[]> {
  return (await chained(storage)).map(({ entry }) => entry).filter((entry) => entry.subject === subject);
}

export function auditStoreContract(storage: () => Storage): void {
  it('keeps entries in the order in which they were told, and gives them back from the chain as they were', async () => {
    const { audit } = storage();
    await chained(storage());
    const [first, second] = [anEntry({ subject: 'order-1' }), anEntry({ subject: 'order-2', code: 'NOT_FOUND' })];
    await audit.tell([first, second]);
    const { head } = await audit.end(1);
    const links = await chained(storage());
    expect(links.map(({ entry }) => entry)).toEqual([first, second]);
    expect(await audit.read(head?.sequence ?? -1, 10)).toEqual(links);
    expect((await audit.end(10)).head).toEqual({ sequence: links[1]?.sequence, hash: links[1]?.hash });
  });

  it('appends nothing where the chain has another end by now', async () => {
    const { audit } = storage();
    await chained(storage());
    await audit.tell([anEntry({ subject: 'twice' })]);
    const { head, waiting } = await audit.end(10);
    if (head === undefined) throw new Error('the chain has an end');
    const links = waiting.map(({ entry }) => nextLink(head, entry));
    const ids = waiting.map(({ id }) => id);
    const appended = await Promise.all([1, 2, 3].map(() => audit.append(head, links, ids)));
    expect(appended.filter(Boolean)).toEqual([true]);
    expect(await audit.read(head.sequence, 10)).toEqual(links);
    expect((await audit.end(10)).waiting).toEqual([]);
  });

  it('lists the newest first, in pages, by what they say', async () => {
    const { audit } = storage();
    const [day, next, third] = ['2030-01-01', '2030-01-02', '2030-01-03'].map((one) => `${one}T00:00:00.000Z`);
    if (day === undefined || next === undefined || third === undefined) throw new Error('there are three');
    await audit.tell([
      anEntry({ subject: 'l', time: day, actor: 'a' }),
      anEntry({ subject: 'l', time: next, actor: 'b', action: 'cancelToken' }),
      anEntry({ subject: 'l', time: third, actor: 'a' }),
    ]);
    await chained(storage());
    const timesOf = async (filter: Parameters<typeof audit.list>[0]) =>
      (await audit.list({ subject: 'l', ...filter }, { first: 10 })).items.map(({ item }) => item.entry.time);
    expect(await timesOf({})).toEqual([third, next, day]);
    expect(await timesOf({ actor: 'a' })).toEqual([third, day]);
    expect(await timesOf({ action: 'cancelToken' })).toEqual([next]);
    expect(await timesOf({ since: next })).toEqual([third, next]);
    expect(await timesOf({ until: next })).toEqual([day]);
    const page = await audit.list({ subject: 'l' }, { first: 2 });
    expect(page.hasNextPage).toBe(true);
    const after = page.items[1]?.cursor ?? '';
    const rest = await audit.list({ subject: 'l' }, { first: 2, after });
    expect(rest.items.map(({ item }) => item.entry.time)).toEqual([day]);
    expect(rest.hasNextPage).toBe(false);
  });

  it('is told of an execution together with its start, its calls of models and its end, each once', async () => {
    const { executions } = storage();
    const id = 'audited-execution';
    const execution = pendingExecution({ executionId: id, agentId: 'a', input: 'a planted prompt' }, NOW);
    await executions.create(execution, 'temporal');
    await executions.create(execution);
    const call = { turn: 1, attempt: 1, provider: 'mock', model: 'm', startedAt: NOW } as const;
    await executions.update(id, { attempts: [{ ...call, outcome: 'running' }] });
    const failed = { ...call, outcome: 'failed', errorCode: 'rate_limit', durationMs: 1500 } as const;
    await executions.update(id, { attempts: [failed] });
    await executions.update(id, { status: 'COMPLETED', finalResponse: 'a planted answer', completedAt: NOW });
    await executions.update(id, { lastSequence: 7 });
    const told = await toldOf(storage(), id);
    expect(told.map(({ actor, action, outcome, code }) => [actor, action, outcome, code])).toEqual([
      ['temporal', 'execution.start', 'ok', undefined],
      ['system', 'provider.call', 'failed', 'rate_limit'],
      ['system', 'execution.end', 'ok', undefined],
    ]);
    expect(told[1]?.time).toBe('2026-11-23T05:00:01.500Z');
    expect(JSON.stringify(told)).not.toContain('planted');
  });

  it('is told of executions together with the record of their token, once, and of a token that nobody asked the API for', async () => {
    const { tokens } = storage();
    const token = aToken(aDefinition(), { id: 'audited-token' });
    const run = { executionId: 'audited-token:review:1', agentId: 'a', input: {} };
    const execution = { ...pendingExecution(run, NOW), tokenId: token.id, workflowId: token.workflowId };
    const record = { token, runId: 'run', events: [], executions: [execution] };
    await tokens.record(record);
    await tokens.record(record);
    const entries = (await chained(storage())).map(({ entry }) => entry);
    const told = entries.map(({ actor, action, subject }) => [actor, action, subject]);
    expect(told).toEqual([
      ['temporal', 'token.start', token.id],
      ['system', 'execution.start', execution.id],
    ]);
    await tokens.record({ ...record, token: { ...token, id: 'asked-for' }, executions: [], request: 'a fingerprint' });
    expect(await toldOf(storage(), 'asked-for')).toEqual([]);
  });

  it('is told of what was said of a call of a tool, once', async () => {
    const { tools } = storage();
    const place = { executionId: 'audited-approval', turn: 1, index: 0 };
    const asked: ToolApproval = {
      ...{ ...place, toolCallId: 'c', toolName: 'refund', arguments: { secret: 'planted' } },
      ...{ requestedAt: NOW, expiresAt: NOW },
    };
    await tools.storeApproval(asked);
    const decided: ToolApproval = { ...asked, decision: { decision: 'rejected', reason: 'planted', decidedAt: NOW } };
    await tools.storeApproval(decided);
    await tools.storeApproval(decided);
    expect(await toldOf(storage(), place.executionId)).toEqual([
      {
        ...{ time: NOW, actor: 'system', action: 'approval' },
        subject: place.executionId,
        outcome: 'refused',
        code: 'rejected',
      },
    ]);
  });

  it('removes the oldest up to an anchor, once, and tells of it', async () => {
    const { audit } = storage();
    const old = { time: '2020-01-01T00:00:00.000Z', subject: 'removed' };
    await chained(storage());
    const last = (await audit.read(0, 10_000)).at(-1);
    if (last === undefined) throw new Error('there are entries');
    const told = anEntry({ action: 'audit.expire', subject: String(last.sequence) });
    const anchor = { sequence: last.sequence, hash: last.hash, removedAt: NOW, removed: last.sequence };
    expect(await audit.removeUpTo(anchor, told)).toBe(true);
    expect(await audit.removeUpTo(anchor, told)).toBe(false);
    expect(await audit.anchor()).toEqual(anchor);
    expect((await chained(storage())).map(({ entry }) => entry)).toEqual([told]);
    await audit.tell([anEntry(old), anEntry(old), anEntry({ subject: 'kept' }), anEntry(old)]);
    const [expired, first, second] = await audit
      .read(last.sequence, 10)
      .then(async (links) => [...links, ...(await chained(storage()))]);
    expect((await audit.lastBefore('2026-01-01T00:00:00.000Z', 100))?.sequence).toBe(undefined);
    await audit.removeUpTo({ ...anchor, sequence: expired?.sequence ?? 0 }, told);
    expect(await audit.lastBefore('2026-01-01T00:00:00.000Z', 100)).toEqual(second);
    expect(await audit.lastBefore('2026-01-01T00:00:00.000Z', 1)).toEqual(first);
  });
}
