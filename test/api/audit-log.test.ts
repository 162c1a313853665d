import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../src/api/access/access-tokens.js';
import { StreamTickets } from '../../src/api/access/stream-tickets.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { verifyAudit } from '../../src/audit/verify-audit.js';
import { apiUnderTest, TICKET_SECRET, type ApiUnderTest } from '../support/api-under-test.js';
import { FIELD_USES } from '../support/field-uses.js';

const ROLES = ['read', 'operate', 'administer'] as const;
const NODES = 'nodes { sequence actor role action subject outcome code requestId address count }';

type Node = Readonly<Record<string, unknown>>;

let api: ApiUnderTest;

beforeEach(async () => {
  const entries = ROLES.map((role) => ({
    ...{ name: `a ${role}`, role },
    sha256: createHash('sha256').update(`cb_${role}`).digest('hex'),
  }));
  api = await apiUnderTest({ checks: [new AccessTokens(entries)] });
});
afterEach(async () => {
  await api.stop();
});

async function as(token: string, query = '', variables?: object) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
  return answer.json<{ data: Readonly<Record<string, { nodes: readonly Node[]; pageInfo: Node }>> }>();
}

async function auditLog(args = ''): Promise<readonly Node[]> {
  const { data } = await as('cb_administer', `{ auditLog${args} { ${NODES} } }`);
  return data['auditLog']?.nodes ?? [];
}

describe('the audit', () => {
  it('has who changed the level of which process, whose log says it, too', async () => {
    const { data } = await as('cb_administer', 'mutation { setLogLevel(level: debug) { id level before } }');
    const id = (data as { setLogLevel?: { id: string } }).setLogLevel?.id;
    expect(data['setLogLevel']).toEqual({ id, level: 'debug', before: 'warn' });
    expect((await auditLog())[0]).toMatchObject({ actor: 'a administer', action: 'setLogLevel', subject: id });
    const said = { level: 'debug', before: 'warn', by: 'a administer' };
    expect(api.logged.map((line) => JSON.parse(line) as unknown)).toContainEqual(expect.objectContaining(said));
    await as('cb_operate', 'mutation { setLogLevel(level: silent) { id } }');
    expect((await auditLog())[0]).toMatchObject({ action: 'setLogLevel', outcome: 'refused', code: 'FORBIDDEN' });
  });

  it('has every mutation with who made it, from where, and how it came out', async () => {
    await as('cb_administer', FIELD_USES['createWorkflow']);
    await as('cb_operate', 'mutation { createToken(input: {workflowId: "w", id: "t"}) { id } }');
    await as('cb_operate', 'mutation { createToken(input: {workflowId: "nowhere", id: "u"}) { id } }');
    api.temporal.failure = new CircuitBreakerError('UNAVAILABLE', 'Temporal is away.');
    await as('cb_operate', 'mutation { cancelToken(id: "t") { id } }');
    const told = [...(await auditLog())].reverse();
    expect(
      told.map(({ actor, role, action, subject, outcome, code }) => [actor, role, action, subject, outcome, code]),
    ).toEqual([
      ['a administer', 'administer', 'createWorkflow', 'w', 'ok', null],
      ['a operate', 'operate', 'createToken', 't', 'ok', null],
      ['a operate', 'operate', 'createToken', 'u', 'refused', 'NOT_FOUND'],
      ['a operate', 'operate', 'cancelToken', 't', 'failed', 'UNAVAILABLE'],
    ]);
    for (const { requestId, address } of told) {
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(address).toBe('127.0.0.1');
    }
  });

  it('has what somebody asked for who may not, once, and how often they did so within a minute', async () => {
    for (let time = 0; time < 5; time += 1) await as('cb_read', 'mutation { cancelToken(id: "t") { id } }');
    await as('cb_read', '{ auditLog { nodes { sequence } } }');
    expect((await auditLog()).map(({ actor, action, subject, code }) => [actor, action, subject, code])).toEqual([
      ['a read', 'auditLog', null, 'FORBIDDEN'],
      ['a read', 'cancelToken', 't', 'FORBIDDEN'],
    ]);
  });

  it('has those who were not let in, and nothing of what they showed', async () => {
    for (let time = 0; time < 500; time += 1) await as(`cb_planted${time}`, '{ agents { id } }');
    await as('cb_operate', '{ agents { id } }');
    const [entry, ...others] = await auditLog();
    expect(entry).toMatchObject({
      actor: 'anonymous',
      action: 'authenticate',
      outcome: 'refused',
      code: 'UNAUTHENTICATED',
    });
    expect(others).toEqual([]);
    expect(JSON.stringify(entry)).not.toContain('planted');
  });

  it('has a path that is not for somebody, and no ticket that was shown for it', async () => {
    const tickets = new StreamTickets({ secrets: [TICKET_SECRET], lifeSeconds: 60 });
    const { ticket } = await tickets.make('e', { by: 'token', name: 'a read', role: 'read' }, Date.now());
    const { statusCode } = await api.app.inject({ url: `/agent-stream/other?ticket=${ticket}` });
    expect(statusCode).toBe(403);
    expect(await auditLog()).toMatchObject([
      { actor: 'a read', action: 'enter', subject: '/agent-stream/other', outcome: 'refused', code: 'FORBIDDEN' },
    ]);
  });

  it('is read in pages and by what it says, newest first', async () => {
    for (const id of ['1', '2', '3']) await as('cb_operate', `mutation { cancelToken(id: "${id}") { id } }`);
    await as('cb_operate', 'mutation { retryToken(id: "3") { id } }');
    expect((await auditLog('(action: "cancelToken")')).map(({ subject }) => subject)).toEqual(['3', '2', '1']);
    expect((await auditLog('(subject: "3")')).map(({ action }) => action)).toEqual(['retryToken', 'cancelToken']);
    expect(await auditLog('(until: "2020-01-01T00:00:00Z")')).toEqual([]);
    const first = await as(
      'cb_administer',
      '{ auditLog(first: 3) { nodes { sequence } pageInfo { hasNextPage endCursor } } }',
    );
    const { nodes = [], pageInfo = {} } = first.data['auditLog'] ?? {};
    expect([nodes.map(({ sequence }) => sequence), pageInfo['hasNextPage']]).toEqual([[4, 3, 2], true]);
    expect(await auditLog(`(after: "${String(pageInfo['endCursor'])}")`)).toMatchObject([{ sequence: 1 }]);
    expect(await verifyAudit(api.storage.audit, { secrets: [] })).toMatchObject({ entries: 4, problems: [] });
  });
});
