import { createHash } from 'node:crypto';
import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { AccessTokens } from '../../../src/api/access/access-tokens.js';
import { StreamTickets } from '../../../src/api/access/stream-tickets.js';
import { executableSchema } from '../../../src/api/graphql/executable-schema.js';
import type { AccessEntry } from '../../../src/core/access/access-entry.js';
import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import { apiUnderTest, TICKET_SECRET, type ApiUnderTest } from '../../support/api-under-test.js';
import { FIELD_USES as USES } from '../../support/field-uses.js';
import { NOW } from '../../support/builders.js';

/** Who may use each field at the least. Written down here as well, so that a slip in the table of the API is seen. */
const READS =
  `agent agentConversations agentExecution agentExecutions agents alerts approvals availableTransitions conversation
  llmProviders placeAgentConfigs rolloutReport token tokenEvents tokenExecutions tokens toolServers usageReport validateWorkflow workflow workflows
  createStreamTicket agentExecutionStream tokenStream tokenUpdates workflowEvents alertChanged`.split(/\s+/);
const OPERATES =
  `approveToolCall cancelAgentExecution cancelToken createToken executeAgent fireTransition migrateTokens rejectToolCall
  retryToken triggerPlaceAgents updateToken`.split(/\s+/);
const ADMINISTERS =
  `applyDefinitions auditLog clearRollout createAgent createPlaceAgentConfig createWorkflow deleteAgent deletePlaceAgentConfig deleteToken
  purgeCache setLogLevel setRollout updateAgent`.split(/\s+/);

/** What somebody gets who is limited to another workflow, however much they may do there. */
const FOR_ANOTHER: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['agentExecution', 'conversation', 'token', 'workflow'].map((field) => [field, 'null'])),
  ...Object.fromEntries(
    `agentConversations agentExecutions alerts approvals placeAgentConfigs tokenEvents tokenExecutions tokens usageReport workflows`
      .split(' ')
      .map((field) => [field, 'empty']),
  ),
  ...Object.fromEntries(['agent', 'agents', 'alertChanged'].map((field) => [field, 'open'])),
  ...Object.fromEntries(['llmProviders', 'toolServers', 'validateWorkflow'].map((field) => [field, 'empty'])),
  ...Object.fromEntries(['deletePlaceAgentConfig', 'deleteToken'].map((field) => [field, 'false'])),
  ...Object.fromEntries(
    'applyDefinitions auditLog createAgent createWorkflow deleteAgent executeAgent purgeCache setLogLevel updateAgent'
      .split(' ')
      .map((field) => [field, 'FORBIDDEN']),
  ),
};

const ENTRIES: readonly (Omit<AccessEntry, 'sha256'> & { readonly token: string })[] = [
  { name: 'reader', token: 'cb_reader', role: 'read' },
  { name: 'operator', token: 'cb_operator', role: 'operate' },
  { name: 'owner', token: 'cb_owner', role: 'administer' },
  { name: 'former', token: 'cb_former', role: 'administer', expiresAt: Date.now() - 1000 },
  { name: 'elsewhere', token: 'cb_elsewhere', role: 'administer', workflows: ['another'] },
];

const PAYLOAD_KEYS = [{ id: 'k', bytes: new Uint8Array(32) }];

let api: ApiUnderTest;
let address = '';
const tickets = new StreamTickets({ secrets: [TICKET_SECRET], lifeSeconds: 60 });
const strangers = new StreamTickets({ secrets: ['of somebody else, and long enough for it'], lifeSeconds: 60 });
const ticketOf = (maker: StreamTickets, id: string, now = Date.now()) =>
  maker.make(id, { by: 'token', name: 'reader', role: 'read' }, now).then(({ ticket }) => ticket);

beforeAll(async () => {
  const entries = ENTRIES.map(({ token, ...entry }) => ({
    ...entry,
    sha256: createHash('sha256').update(token).digest('hex'),
  }));
  api = await apiUnderTest({ checks: [new AccessTokens(entries)], servesIde: false, payloadKeys: PAYLOAD_KEYS });
  address = await api.listen();
  await as('cb_owner', USES['createWorkflow'] ?? '');
  const mock = { type: 'mock', model: 'm' } as const;
  const content = { name: 'A', llmProvider: mock, prompts: { system: 's', userTemplate: 'u' } };
  for (const id of ['a', 'unused']) {
    await as('cb_owner', 'mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', {
      input: { id, ...content },
    });
  }
  await as('cb_owner', 'mutation { createToken(input: {id: "t", workflowId: "w"}) { id } }');
  const token = { id: 't', workflowId: 'w' };
  await api.storage.executions.create({
    ...pendingExecution({ executionId: 'e', agentId: 'a', input: {} }, NOW),
    tokenId: token.id,
    workflowId: token.workflowId,
  });
  await api.storage.conversations.create({ id: 'c', agentId: 'a', tokenId: 't', createdAt: NOW });
});
afterAll(async () => {
  await api.stop();
});

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

async function as(token: string, query: string, variables?: object): Promise<Answer> {
  return await post({ authorization: `Bearer ${token}` }, query, variables);
}

async function post(headers: Record<string, string>, query: string, variables?: object): Promise<Answer> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

/** What came of a use: a code of those that doors say, or how it was answered. */
function outcome({ data, errors }: Answer): string {
  const code = errors?.[0]?.extensions.code;
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return code;
  const value = Object.values(data ?? {})[0];
  if (value === null && code === undefined) return 'null';
  if (value === false) return 'false';
  const list = Array.isArray(value) ? value : (value as { nodes?: unknown } | undefined)?.nodes;
  if (Array.isArray(list) && list.length === 0) return 'empty';
  return code === 'NOT_FOUND' ? code : 'open';
}

interface Said {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/**
 * The same over a WebSocket: shown with its request, or with the first message. A subscription may have nothing to say: it is open
 * where two things that were asked behind it have been answered, and it has not been refused.
 */
async function overSocket(shown: Shown, query: string): Promise<string> {
  const url = `${address.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers: shown.headers ?? {} });
  const said: Said[] = [];
  socket.on('message', (data: Buffer) => said.push(JSON.parse(data.toString()) as Said));
  let closed: number | undefined;
  socket.on('close', (code) => (closed = code));
  const ask = (id: string, asked: string) => {
    socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query: asked } }));
  };
  const answered = async (id: string | undefined, type: readonly string[]) => {
    const isIt = (one: Said) => one.id === id && type.includes(one.type);
    await vi.waitUntil(() => closed !== undefined || said.some(isIt), { interval: 1 });
    return said.find(isIt);
  };
  try {
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: shown.init ?? {} }));
    await answered(undefined, ['connection_ack']);
    if (closed !== undefined) return CLOSED[closed] ?? String(closed);
    ask('1', query);
    if (query.startsWith('subscription')) {
      for (const id of ['2', '3']) {
        ask(id, '{ __typename }');
        await answered(id, ['next']);
      }
      const first = said.find(({ id, type }) => id === '1' && ['next', 'error'].includes(type));
      return first === undefined ? 'open' : outcomeOf(first);
    }
    const answer = await answered('1', ['next', 'error']);
    return answer === undefined ? 'cut off' : outcomeOf(answer);
  } finally {
    socket.terminate();
  }
}

function outcomeOf({ type, payload }: Said): string {
  return outcome(type === 'error' ? { errors: payload as Answer['errors'] & object } : (payload as Answer));
}

const CLOSED: Readonly<Record<number, string>> = { 4401: 'UNAUTHENTICATED', 4403: 'FORBIDDEN' };

interface Shown {
  readonly headers?: Record<string, string>;
  readonly init?: Record<string, unknown>;
}

const bearer = (token: string): Shown => ({ headers: { authorization: `Bearer ${token}` } });

const STRANGERS: Readonly<Record<string, Shown>> = {
  nothing: {},
  'an unknown token': bearer('cb_nobody'),
  'an empty token': { headers: { authorization: 'Bearer ' } },
  'an empty header': { headers: { authorization: '' } },
  'the beginning of a token': bearer('cb_own'),
  'a token and more': bearer('cb_ownerr'),
  'the hash of a token': bearer(createHash('sha256').update('cb_owner').digest('hex')),
  'a token by Basic': { headers: { authorization: `Basic ${Buffer.from('cb_owner:cb_owner').toString('base64')}` } },
  'a bare token': { headers: { authorization: 'cb_owner' } },
  'two tokens': { headers: { authorization: 'Bearer cb_owner, Bearer cb_owner' } },
  'an expired token': bearer('cb_former'),
  'a JWT without a signature': bearer(unsigned()),
};

function unsigned(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'owner', role: 'administer', exp: 2_000_000_000 })}.`;
}

const ALL = [...READS, ...OPERATES, ...ADMINISTERS];
const isLive = (field: string) => USES[field]?.startsWith('subscription') === true;

describe('every field of the API', () => {
  it('is known here', () => {
    const schema = executableSchema();
    const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = types.flatMap((type) => Object.keys(type?.getFields() ?? {}));
    expect([...ALL].sort()).toEqual([...fields].sort());
    expect(Object.keys(USES).sort()).toEqual([...fields].sort());
  });

  describe.each(Object.entries(STRANGERS))('to somebody who shows %s', (_, shown) => {
    it.each(ALL.filter((field) => !isLive(field)))('%s is shut', async (field) => {
      expect(outcome(await post(shown.headers ?? {}, USES[field] ?? ''))).toBe('UNAUTHENTICATED');
    });

    it('every field is shut on a socket, whether it is shown with the request or the first message', async () => {
      for (const field of ALL) {
        expect([field, await overSocket(shown, USES[field] ?? '')]).toEqual([field, 'UNAUTHENTICATED']);
      }
      const { authorization } = shown.headers ?? {};
      expect(await overSocket({ init: { Authorization: authorization } }, USES['token'] ?? '')).toBe('UNAUTHENTICATED');
    });
  });

  const roles = { cb_reader: READS, cb_operator: [...READS, ...OPERATES], cb_owner: ALL };
  describe.each(Object.entries(roles))('to %s', (token, open) => {
    it.each(ALL)('%s is as the role has it', async (field) => {
      const expected = open.includes(field) ? 'not shut' : 'FORBIDDEN';
      const query = USES[field] ?? '';
      const over = isLive(field) ? [] : [outcome(await as(token, query))];
      const bySocket = await overSocket(bearer(token), query);
      const inFirstMessage = await overSocket({ init: { authorization: `Bearer ${token}` } }, query);
      for (const one of [...over, bySocket, inFirstMessage]) expect(shut(one)).toBe(expected);
    });
  });

  it.each(ALL)('%s shows nothing to somebody of another workflow', async (field) => {
    const query = USES[field] ?? '';
    const expected = FOR_ANOTHER[field] ?? 'NOT_FOUND';
    if (!isLive(field)) expect(outcome(await as('cb_elsewhere', query))).toBe(expected);
    expect(await overSocket(bearer('cb_elsewhere'), query)).toBe(expected);
  });

  it.each(ALL)('%s is not opened by a ticket, but for the stream that it is for', async (field) => {
    const own = { init: { ticket: await ticketOf(tickets, 'e') } };
    const query = USES[field] ?? '';
    if (field === 'agentExecutionStream') expect(await overSocket(own, query)).toBe('open');
    else expect(await overSocket(own, query)).toBe('FORBIDDEN');
    expect(await overSocket({ init: { ticket: await ticketOf(tickets, 'other') } }, query)).toBe('FORBIDDEN');
    for (const ticket of [
      await ticketOf(strangers, 'e'),
      await ticketOf(tickets, 'e', Date.now() - 3_600_000),
      'e',
      '',
    ]) {
      expect(await overSocket({ init: { ticket } }, query)).toBe('UNAUTHENTICATED');
    }
  });
});

function shut(found: string): string {
  return found === 'UNAUTHENTICATED' || found === 'FORBIDDEN' ? found : 'not shut';
}

describe('the stream of an execution', () => {
  const SSE = { accept: 'text/event-stream' };
  const sse = async (shown: Shown, query = '', id = 'e') => {
    const end = new AbortController();
    try {
      const headers = { ...SSE, ...shown.headers };
      const { status } = await fetch(`${address}/agent-stream/${id}${query}`, { headers, signal: end.signal });
      return status;
    } finally {
      end.abort();
    }
  };
  const upgraded = async (shown: Shown, query = '', id = 'e', origin?: string) => {
    const headers = { ...shown.headers, ...(origin === undefined ? {} : { origin }) };
    const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${id}${query}`, { headers });
    socket.on('error', () => undefined);
    const opened = once(socket, 'open').then(() => 101);
    const refused = once(socket, 'unexpected-response').then(
      ([, response]) => (response as { statusCode: number }).statusCode,
    );
    const first = await Promise.race([opened, refused]);
    const code = origin === undefined ? first : ((await once(socket, 'close')) as number[])[0];
    socket.terminate();
    return code;
  };

  it.each(Object.entries(STRANGERS))('is shut to somebody who shows %s', async (_, shown) => {
    expect(await sse(shown)).toBe(401);
    expect(await upgraded(shown)).toBe(401);
    expect(await upgraded(shown, '', 'e', address)).toBe(4401);
  });

  it.each(['cb_reader', 'cb_operator', 'cb_owner'])('is open to %s', async (token) => {
    expect(await sse(bearer(token))).toBe(200);
    expect(await upgraded(bearer(token))).toBe(101);
  });

  it('is not there for somebody of another workflow', async () => {
    expect(await sse(bearer('cb_elsewhere'))).toBe(404);
    expect(await upgraded(bearer('cb_elsewhere'))).toBe(404);
  });

  it('is opened by its own ticket only, and only in its address', async () => {
    const own = await ticketOf(tickets, 'e');
    expect(await sse({}, `?ticket=${own}`)).toBe(200);
    expect(await upgraded({}, `?ticket=${own}`)).toBe(101);
    expect(await sse({}, `?ticket=${await ticketOf(tickets, 'other')}`)).toBe(403);
    expect(await upgraded({}, `?ticket=${await ticketOf(tickets, 'other')}`)).toBe(403);
    for (const ticket of [
      await ticketOf(strangers, 'e'),
      await ticketOf(tickets, 'e', Date.now() - 3_600_000),
      '',
      'x',
    ]) {
      expect(await sse({}, `?ticket=${ticket}`)).toBe(401);
      expect(await upgraded({}, `?ticket=${ticket}`)).toBe(401);
    }
    expect(await sse(bearer(own))).toBe(401);
    expect(await sse(bearer('cb_nobody'), `?ticket=${own}`)).toBe(401);
  });
});

describe('the other addresses', () => {
  const statusOf = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${address}${path}`, { headers })).status;
  };

  it.each(['/', '/guides/errors', '/nowhere', '/graphql?query={agents{id}}'])(
    '%s is shut without a token',
    async (path) => {
      expect(await statusOf(path)).toBe(401);
      expect(await statusOf(path, 'cb_nobody')).toBe(401);
      expect(await statusOf(path, 'cb_reader')).toBe(path === '/nowhere' ? 404 : 200);
    },
  );

  describe.each<readonly [string, RequestInit, number]>([
    ['/codec/decode', { method: 'POST', body: '{"payloads":[]}' }, 200],
    ['/codec/encode', { method: 'POST', body: '{"payloads":[]}' }, 200],
    ['/backup', {}, 503],
  ])('%s', (path, request, opened) => {
    const type = { 'content-type': 'application/json' };
    const statusFor = async (shown: object) =>
      (await fetch(`${address}${path}`, { ...request, headers: { ...type, ...shown } })).status;

    it.each(Object.entries(STRANGERS))('is shut to somebody who shows %s', async (_who, shown) => {
      expect(await statusFor(shown.headers ?? {})).toBe(401);
    });

    it.each([
      ['cb_reader', 403],
      ['cb_operator', 403],
      ['cb_elsewhere', 403],
      ['cb_owner', opened],
    ])('answers %s with %s', async (token, status) => {
      expect(await statusFor({ authorization: `Bearer ${token}` })).toBe(status);
    });

    it('is opened by no ticket', async () => {
      const ticket = await ticketOf(tickets, 'e');
      expect((await fetch(`${address}${path}?ticket=${ticket}`, { method: request.method ?? 'GET' })).status).toBe(401);
    });
  });

  it.each(['/health/live', '/health/ready'])('%s is open', async (path) => {
    for (const token of [undefined, 'cb_nobody']) expect(await statusOf(path, token)).toBe(200);
  });

  it.each(['/graphiql', '/graphiql/', '/graphiql/app.js'])('%s is not there unless it is wanted', async (path) => {
    expect(await statusOf(path)).toBe(404);
  });

  it('say what they want to be shown', async () => {
    for (const path of ['/', '/agent-stream/e', '/graphql']) {
      const { headers } = await fetch(`${address}${path}`, { headers: { accept: 'text/event-stream' } });
      expect(headers.get('www-authenticate')).toBe('Bearer realm="circuit-breaker"');
    }
  });

  it('answers what a browser asks before it shows a token', async () => {
    const headers = {
      origin: address,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    expect((await fetch(`${address}/graphql`, { method: 'OPTIONS', headers })).status).toBe(204);
  });

  it('says no schema to anybody', async () => {
    expect(outcome(await post({}, '{ __schema { types { name } } }'))).toBe('UNAUTHENTICATED');
    expect(outcome(await as('cb_reader', '{ __schema { types { name } } }'))).toBe('open');
  });
});
