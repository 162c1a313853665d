import { createHash } from 'node:crypto';

import { createClient, type Client } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { AccessTokens } from '../../../src/api/access/access-tokens.js';
import { alertChanges } from '../../../src/api/alerts/alert-changes.js';
import { AlertFeed } from '../../../src/api/alerts/alert-feed.js';
import { ANYBODY } from '../../../src/core/access/caller.js';
import { ALERT_NAMES, WHAT_TO_DO, type Alert } from '../../../src/core/alerts/alert.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { NOW } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');

let api: ApiUnderTest;
let address: string;
let clients: Client[];

beforeEach(async () => {
  const entries = [
    { name: 'reader', sha256: sha256('cb_reader'), role: 'read' },
    { name: 'limited', sha256: sha256('cb_limited'), role: 'administer', workflows: ['w'] },
  ] as const;
  api = await apiUnderTest({ checks: [new AccessTokens(entries)] });
  address = await api.listen();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.dispose();
  await api.stop();
});

const alert = (id: string, fields: Partial<Alert> = {}): Alert => ({
  ...{ id, name: 'LOG_BEHIND', subject: id, since: NOW, value: 12, threshold: 10, summary: 'it waits' },
  ...fields,
});
const fire = (one: Alert) => api.storage.alerts.fire(one);
const end = (one: Alert) => api.storage.alerts.end({ ...one, endedAt: NOW });

async function ask(token: string, query: string): Promise<Record<string, { nodes: readonly object[] }>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload: JSON.stringify({ query }) });
  return answer.json<{ data: Record<string, { nodes: readonly object[] }> }>().data;
}

function subscribe(token: string): unknown[] {
  const got: unknown[] = [];
  const connectionParams = { Authorization: `Bearer ${token}` };
  const client = createClient({
    ...{ url: `${address.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams },
  });
  clients.push(client);
  client.subscribe(
    { query: 'subscription { alertChanged { id endedAt whatToDo } }' },
    {
      next: ({ data }) => got.push(data?.['alertChanged']),
      error: (error) => got.push(error),
      complete: () => undefined,
    },
  );
  return got;
}

describe('alerts', () => {
  it('are listed in pages, the newest first, open ones alone where that is asked', async () => {
    const older = alert('a', { since: '2026-11-01T00:00:00.000Z', name: 'ROLLOUT_STOPPED', workflowId: 'w' });
    const { value: _, ...stopped } = older;
    await fire(stopped);
    await fire(alert('b'));
    await end(alert('b'));
    const FIELDS = 'id name subject workflowId since endedAt value threshold summary whatToDo';
    const { alerts } = await ask('cb_reader', `{ alerts { nodes { ${FIELDS} } } }`);
    expect(alerts?.nodes).toEqual([
      { ...alert('b'), workflowId: null, endedAt: NOW, whatToDo: WHAT_TO_DO.LOG_BEHIND },
      { ...stopped, endedAt: null, value: null, whatToDo: WHAT_TO_DO.ROLLOUT_STOPPED },
    ]);
    const { open, first } = await ask(
      'cb_reader',
      '{ open: alerts(isOpen: true) { nodes { id } } first: alerts(first: 1) { nodes { id } pageInfo { hasNextPage } } }',
    );
    expect(open).toEqual({ nodes: [{ id: 'a' }] });
    expect(first).toEqual({ nodes: [{ id: 'b' }], pageInfo: { hasNextPage: true } });
  });

  it('have every name in the schema, and what to do about it', async () => {
    for (const name of ALERT_NAMES) await fire(alert(name, { name }));
    const { alerts } = await ask('cb_reader', '{ alerts { nodes { name whatToDo } } }');
    const found = alerts?.nodes as readonly { name: string; whatToDo: string }[];
    expect(found.map(({ name }) => name).sort()).toEqual([...ALERT_NAMES].sort());
    expect(found.every(({ whatToDo }) => whatToDo.length > 20)).toBe(true);
  });

  it('are those of their workflows for callers who are limited, listed and as they change', async () => {
    await fire(alert('before', { workflowId: 'w' }));
    const [all, own] = [subscribe('cb_reader'), subscribe('cb_limited')];
    // A subscription says nothing when it has begun: until both have, alerts fire that nobody need see.
    let tries = 0;
    await eventually(async () => {
      tries += 1;
      // One in half a second, so that the page that is read below has room for all of them.
      if (tries % 25 === 1) await fire(alert(`try-${tries}`, { workflowId: 'w' }));
      expect([all.length, own.length].every((count) => count > 0)).toBe(true);
    });
    [all.length, own.length] = [0, 0];
    const [ofOthers, ofTheirs] = [alert('x', { workflowId: 'v' }), alert('y', { workflowId: 'w' })];
    for (const one of [ofOthers, alert('z'), ofTheirs]) await fire(one);
    for (const one of [ofOthers, ofTheirs]) await end(one);
    const ids = (got: readonly unknown[]) => (got as { id: string }[]).map(({ id }) => id);
    await eventually(() => {
      expect(own.at(-1)).toEqual({ id: 'y', endedAt: NOW, whatToDo: WHAT_TO_DO.LOG_BEHIND });
      expect(ids(all)).toEqual(expect.arrayContaining(['x', 'y', 'z']));
    });
    expect(ids(own).filter((id) => id === 'x' || id === 'z' || id === 'before')).toEqual([]);
    const { alerts } = await ask('cb_limited', '{ alerts(first: 200) { nodes { id } } }');
    expect(ids(alerts?.nodes ?? [])).toEqual(expect.arrayContaining(['y', 'before']));
    expect(ids(alerts?.nodes ?? [])).not.toEqual(expect.arrayContaining(['x']));
    expect(ids(alerts?.nodes ?? [])).not.toEqual(expect.arrayContaining(['z']));
  });

  it('are not read while nobody listens, and a subscription ends with its process', async () => {
    let looks = 0;
    const alerts = {
      listNow: () => {
        looks += 1;
        return Promise.resolve([]);
      },
    };
    const alertFeed = new AlertFeed({ alerts, logger: new MemoryLogger(), now: Date.now });
    expect(looks).toBe(0);
    const [one, other] = [
      await alertChanges({ alertFeed, caller: ANYBODY }),
      await alertChanges({ alertFeed, caller: ANYBODY }),
    ];
    expect(looks).toBe(1);
    const next = one.next();
    alertFeed.shutdown();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await other.next()).toEqual({ done: true, value: undefined });
  });
});
