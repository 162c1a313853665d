import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { executionPlace } from '../../src/telemetry/execution-span.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { acknowledgedGraphql, connectGraphql, type GraphqlSocket } from '../support/graphql-socket.js';
import { traced, type Traced } from '../support/traces.js';

const CALLER = { traceId: 'c0ffee00c0ffee00c0ffee00c0ffee00', spanId: 'beefbeefbeefbeef' };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
const NAMED = { traceparent: TRACEPARENT };
const OF_ANOTHER = `00-${'d'.repeat(32)}-${'e'.repeat(16)}-01`;
const HANGS_FROM_IT = { traceId: CALLER.traceId, parentSpanId: CALLER.spanId };

const DONE = 'done';
const OF_THE_EXECUTION = 'a'.repeat(32);
const WATCH = `subscription { agentExecutionStream(executionId: "${DONE}") { content } }`;
const EXECUTE =
  'mutation ($id: String!) { executeAgent(input: { agentId: "reviewer", id: $id, input: "x" }) { traceId } }';

describe('what a caller asks for who names a span', () => {
  let given: Traced;
  let api: ApiUnderTest;
  let address: string;
  const sockets: GraphqlSocket[] = [];

  beforeEach(async () => {
    given = traced();
    api = await apiUnderTest({ traces: given.traces });
    await api.storage.agents.create('reviewer', anAgent(), NOW);
    const execution = pendingExecution({ executionId: DONE, agentId: 'reviewer', input: {} }, NOW);
    await api.storage.executions.create({ ...execution, traceId: OF_THE_EXECUTION });
    await api.storage.executions.update(DONE, { status: 'COMPLETED', finalResponse: 'Good.', completedAt: NOW });
    address = await api.listen();
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.end();
    await api.stop();
  });

  async function told(name: string) {
    return await eventually(() => {
      const span = given.spans.find((one) => one.name === name);
      expect(span, name).toBeDefined();
      return span;
    });
  }

  async function socket(): Promise<GraphqlSocket> {
    const opened = await acknowledgedGraphql(address);
    sockets.push(opened);
    return opened;
  }

  it('by the header of a request to GraphQL is part of its trace, and so is the execution that follows', async () => {
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...NAMED },
      body: JSON.stringify({ query: EXECUTE, variables: { id: 'asked' } }),
    });
    expect(await response.json()).toEqual({ data: { executeAgent: { traceId: CALLER.traceId } } });
    const span = await told('mutation executeAgent');
    expect(span).toMatchObject(HANGS_FROM_IT);
    expect(await api.storage.executions.get('asked')).toMatchObject({
      traceId: CALLER.traceId,
      traceParentId: span?.spanId,
    });
  });

  it('by the extensions of an operation on a socket is part of its trace, each of its own', async () => {
    const opened = await socket();
    const payload = { query: EXECUTE, variables: { id: 'asked' }, extensions: NAMED };
    opened.send({ type: 'subscribe', id: '1', payload });
    await opened.saw('complete', '1');
    opened.send({
      type: 'subscribe',
      id: '2',
      payload: { query: '{ agents { id } }', extensions: { traceparent: OF_ANOTHER } },
    });
    opened.send({ type: 'subscribe', id: '3', payload: { query: '{ workflows { id } }' } });
    await Promise.all([opened.saw('complete', '2'), opened.saw('complete', '3')]);
    expect(opened.messages.find(({ id }) => id === '1')?.payload).toEqual({
      data: { executeAgent: { traceId: CALLER.traceId } },
    });
    expect(await told('mutation executeAgent')).toMatchObject(HANGS_FROM_IT);
    expect(await told('query agents')).toMatchObject({ traceId: 'd'.repeat(32), parentSpanId: 'e'.repeat(16) });
    const unnamed = await told('query workflows');
    expect(unnamed?.parentSpanId).toBeUndefined();
    expect([CALLER.traceId, 'd'.repeat(32)]).not.toContain(unnamed?.traceId);
  });

  it('by the request that opens a socket is part of its trace, unless an operation names another span', async () => {
    const opened = await connectGraphql(address, { headers: NAMED });
    sockets.push(opened);
    opened.send({ type: 'connection_init' });
    await opened.saw('connection_ack');
    opened.send({ type: 'subscribe', id: '1', payload: { query: '{ agents { id } }' } });
    const another = { traceparent: OF_ANOTHER };
    opened.send({ type: 'subscribe', id: '2', payload: { query: '{ workflows { id } }', extensions: another } });
    expect(await told('query agents')).toMatchObject(HANGS_FROM_IT);
    expect(await told('query workflows')).toMatchObject({ traceId: 'd'.repeat(32), parentSpanId: 'e'.repeat(16) });
  });

  it.each([
    ['no text', 7],
    ['no traceparent', 'a word of a stranger'],
    ['of no trace', `00-${'0'.repeat(32)}-${CALLER.spanId}-01`],
  ])('is answered all the same where it is %s', async (_what, traceparent) => {
    const opened = await socket();
    opened.send({ type: 'subscribe', id: '1', payload: { query: '{ agents { id } }', extensions: { traceparent } } });
    await opened.saw('next', '1');
    expect((await told('query agents'))?.parentSpanId).toBeUndefined();
  });

  describe('and is a stream', () => {
    const watches: readonly (readonly [string, string, (name: boolean) => Promise<unknown>])[] = [
      [
        'a subscription',
        'watch stream (graphql)',
        async (isNamed) => {
          const opened = await socket();
          opened.send({ type: 'subscribe', id: '1', payload: { query: WATCH, ...(isNamed && { extensions: NAMED }) } });
          await opened.saw('complete', '1');
        },
      ],
      [
        'server-sent events',
        'watch stream (sse)',
        async (isNamed) => {
          const headers = { accept: 'text/event-stream', ...(isNamed && NAMED) };
          await (await fetch(`${address}/agent-stream/${DONE}`, { headers })).text();
        },
      ],
      [
        'a WebSocket',
        'watch stream (websocket)',
        async (isNamed) => {
          const url = `${address.replace('http', 'ws')}/agent-stream/${DONE}`;
          const watching = new WebSocket(url, { headers: isNamed ? NAMED : {} });
          await new Promise((resolve) => watching.on('close', resolve));
        },
      ],
    ];

    it.each(watches)('by %s hangs from the span, with a link to the execution', async (_door, name, watch) => {
      await watch(true);
      expect(await told(name)).toMatchObject({ ...HANGS_FROM_IT, links: [executionPlace(OF_THE_EXECUTION, DONE)] });
    });

    it.each(watches)('by %s hangs from the execution where no span is named', async (_door, name, watch) => {
      await watch(false);
      const { traceId, spanId: parentSpanId } = executionPlace(OF_THE_EXECUTION, DONE);
      expect(await told(name)).toMatchObject({ traceId, parentSpanId, links: [] });
    });
  });
});
