import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { acknowledgedGraphql, connectGraphql } from '../../support/graphql-socket.js';

const INIT = { type: 'connection_init' };
/** A stream that nobody ends while the test looks. */
const WATCH = 'subscription { agentExecutionStream(executionId: "open") { eventType } }';

/** With a number that would lose digits: refused, once it is read. */
const inexact = (id: string) =>
  `{"type":"subscribe","id":"${id}","payload":{"query":"{ __typename }","variables":{"n":100000000000000000001}}}`;

/** What the protocol `graphql-transport-ws` says about sockets that break its rules, on a socket without a client. */
describe('a GraphQL socket', () => {
  let api: ApiUnderTest;
  let address: string;

  beforeAll(async () => {
    api = await apiUnderTest();
    address = await api.listen();
    await api.streams.open('open', { epoch: 1, turn: 1, reason: 'first' });
  });
  afterAll(() => api.stop());

  const connected = (protocol?: string) => connectGraphql(address, protocol === undefined ? {} : { protocol });
  const acknowledged = () => acknowledgedGraphql(address);

  it('is closed with 4406 when it does not speak the protocol', async () => {
    expect(await (await connected('')).closed).toBe(4406);
  });

  it('is closed with 4408 when it never says how it begins', async () => {
    expect(await (await connected()).closed).toBe(4408);
  });

  it('is closed with 4401 when it subscribes before it has begun', async () => {
    const socket = await connected();
    socket.send({ type: 'subscribe', id: '1', payload: { query: WATCH } });
    expect(await socket.closed).toBe(4401);
  });

  it('is told the same about whatever is in what it sends: nobody reads it before it has begun', async () => {
    const socket = await connected();
    socket.send(inexact('1'));
    expect(await socket.closed).toBe(4401);
    expect(socket.messages).toEqual([]);
  });

  it('is closed with 4429 when it begins twice', async () => {
    const socket = await acknowledged();
    socket.send(INIT);
    expect(await socket.closed).toBe(4429);
  });

  it.each([
    ['no JSON', '{'],
    ['no message of the protocol', { type: 'start', id: '1' }],
    ['a subscription without an id', { type: 'subscribe', payload: { query: WATCH } }],
    ['a subscription without a query', { type: 'subscribe', id: '1', payload: {} }],
    ['an empty id', { type: 'subscribe', id: '', payload: { query: WATCH } }],
    ['what only a server says', { type: 'connection_ack' }],
    ['an answer', { type: 'next', id: '1', payload: { data: null } }],
    ['an error', { type: 'error', id: '1', payload: [{ message: 'no' }] }],
    ['a ping too deep to be sent back', `{"type":"ping","payload":{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`],
  ])('is closed with 4400 for %s, and the log has no error of ours', async (_what, message) => {
    const socket = await acknowledged();
    socket.send(message);
    expect(await socket.closed).toBe(4400);
    expect(api.logged).toEqual([]);
  });

  it.each([
    ['its field', 'subscription { agentExecutionStream(executionId: "open") @include(if: false) { eventType } }'],
    [
      'a fragment of its field',
      'subscription { ... @skip(if: true) { ...f } } fragment f on Subscription { agentExecutionStream(executionId: "open") { eventType } }',
    ],
  ])('stays where a subscription leaves out %s, which is refused', async (_what, query) => {
    const socket = await acknowledged();
    socket.send({ type: 'subscribe', id: '1', payload: { query } });
    await socket.saw('error');
    expect(JSON.stringify(socket.messages)).toContain('GRAPHQL_VALIDATION_FAILED');
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
    await socket.saw('next');
    expect(api.logged).toEqual([]);
    socket.end();
  });

  it('is closed with 4409 for an id that is in use, whatever is asked by it', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'subscribe', id: '1', payload: { query: WATCH } });
    socket.send(inexact('1'));
    expect(await socket.closed).toBe(4409);
  });

  it('is closed with 4409 for an id that is in use, and may use it again once that has ended', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
    await socket.saw('complete');
    socket.send({ type: 'subscribe', id: '1', payload: { query: WATCH } });
    await socket.saw('next');
    socket.send({ type: 'subscribe', id: '1', payload: { query: WATCH } });
    expect(await socket.closed).toBe(4409);
  });

  it('stays for an operation that is refused, which gets an error of its own', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'subscribe', id: 'bad', payload: { query: 'subscription { nothing }' } });
    await socket.saw('error');
    socket.send({ type: 'subscribe', id: 'good', payload: { query: '{ __typename }' } });
    await socket.saw('complete');
    expect(socket.messages.map(({ type, id }) => `${type} ${id ?? ''}`)).toEqual([
      'connection_ack ',
      'error bad',
      'next good',
      'complete good',
    ]);
    socket.end();
  });

  it('is answered when it pings', async () => {
    const socket = await acknowledged();
    socket.send({ type: 'ping', payload: { sent: 1 } });
    await socket.saw('pong');
    expect(socket.messages.at(-1)).toEqual({ type: 'pong', payload: { sent: 1 } });
    socket.end();
  });

  it('is closed with 1009 for a frame that is too large', async () => {
    const socket = await acknowledged();
    socket.send('x'.repeat(300 * 1024));
    expect(await socket.closed).toBe(1009);
  });

  it('has a bounded number of operations; one more is refused, and the others go on', async () => {
    const socket = await acknowledged();
    for (let n = 0; n <= 100; n += 1) socket.send({ type: 'subscribe', id: String(n), payload: { query: WATCH } });
    await socket.saw('error');
    expect(socket.messages.filter(({ type }) => type === 'error').map(({ id }) => id)).toEqual(['100']);
    socket.end();
  });

  it('is closed with 1012 when the server goes down', async () => {
    const other = await apiUnderTest();
    const socket = new WebSocket(`${(await other.listen()).replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('open', resolve));
    await other.stop();
    expect(await closed).toBe(1012);
  });
});
