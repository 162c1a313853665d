import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StreamWriter } from '../../../../src/streams/stream-log.js';
import { apiUnderTest, type ApiUnderTest } from '../../../support/api-under-test.js';
import { aDefinition, aToken, NOW } from '../../../support/builders.js';
import { eventually } from '../../../support/eventually.js';
import { acknowledgedGraphql, type GraphqlSocket } from '../../../support/graphql-socket.js';

const WATCH = 'subscription { agentExecutionStream(executionId: "open") { content } }';

describe('the operations of a GraphQL socket', () => {
  let api: ApiUnderTest;
  let writer: StreamWriter;
  let socket: GraphqlSocket;

  beforeEach(async () => {
    api = await apiUnderTest();
    socket = await acknowledgedGraphql(await api.listen());
    writer = await api.streams.open('open', { epoch: 1, turn: 1, reason: 'first' });
  });
  afterEach(async () => {
    socket.end();
    await api.stop();
  });

  function subscribe(query: string, id = '1'): void {
    socket.send({ type: 'subscribe', id, payload: { query } });
  }

  function complete(id = '1'): void {
    socket.send({ type: 'complete', id });
  }

  /** Streams open when the test says so; how many are asked for is counted. */
  function heldStreams(): { readonly asked: () => number; readonly release: () => void } {
    const open = api.reader.open.bind(api.reader);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    api.reader.open = async (...args) => {
      asked += 1;
      await released;
      return await open(...args);
    };
    return { asked: () => asked, release };
  }

  async function viewersAre(viewers: number): Promise<void> {
    await eventually(() => {
      expect(api.reader.stats().viewers).toBe(viewers);
    });
  }

  const answers = () => socket.messages.filter(({ id }) => id === '1').map(({ type, payload }) => ({ type, payload }));

  it('that were completed while they opened are closed as they open, whoever has their id by then', async () => {
    const streams = heldStreams();
    for (let n = 0; n < 50; n += 1) {
      subscribe(WATCH);
      complete();
    }
    subscribe(WATCH);
    await socket.isHeard();
    streams.release();
    await socket.saw('next');
    await viewersAre(1);
    expect(answers()).toEqual([{ type: 'next', payload: { data: { agentExecutionStream: { content: null } } } }]);
    socket.end();
    await viewersAre(0);
  });

  it('count until they are closed: also those that are completed and still open', async () => {
    const streams = heldStreams();
    for (let n = 0; n < 150; n += 1) {
      subscribe(WATCH);
      complete();
    }
    await socket.isHeard();
    expect(streams.asked()).toBe(100);
    streams.release();
    await socket.isHeard();
    subscribe(WATCH);
    await socket.saw('next');
    await viewersAre(1);
  });

  it('do not end with one that had their id', async () => {
    subscribe(WATCH);
    await socket.saw('next');
    complete();
    subscribe(WATCH);
    await socket.isHeard();
    await writer.append([{ eventType: 'content_chunk', content: 'for the second' }]);
    await eventually(() => {
      expect(answers().at(-1)?.payload).toEqual({ data: { agentExecutionStream: { content: 'for the second' } } });
    });
    expect(answers().map(({ type }) => type)).toEqual(['next', 'next', 'next']);
    await viewersAre(1);
  });

  it('do not get the answer of one that had their id', async () => {
    const waiting: (() => void)[] = [];
    api.storage.tokens.get = (id) =>
      new Promise((resolve) => {
        waiting.push(() => {
          resolve(aToken(aDefinition(), { id }));
        });
      });
    subscribe('{ token(id: "first") { id } }');
    complete();
    subscribe('{ token(id: "second") { id } }');
    await socket.isHeard();
    waiting[0]?.();
    await socket.isHeard();
    waiting[1]?.();
    await socket.saw('complete');
    expect(answers()).toEqual([
      { type: 'next', payload: { data: { token: { id: 'second' } } } },
      { type: 'complete', payload: undefined },
    ]);
  });

  it('are answered when others of their document are given what JSON cannot be written of', async () => {
    const query = `${WATCH.replace('subscription', 'subscription Watch')}
      mutation Create($data: JSON) { createToken(input: { workflowId: "w", data: $data }) { id } }`;
    const data = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const payload = `{"query":${JSON.stringify(query)},"operationName":"Watch","variables":{"data":${data}}}`;
    socket.send(`{"type":"subscribe","id":"1","payload":${payload}}`);
    await socket.saw('next');
    socket.end();
    await viewersAre(0);
  });

  it('are refused a number that would lose digits, before they are read', async () => {
    const query = 'mutation Create($data: JSON) { createToken(input: { workflowId: "w", data: $data }) { id } }';
    const payload = `{"query":${JSON.stringify(query)},"variables":{"data":{"n":100000000000000000001}}}`;
    socket.send(`{"type":"subscribe","id":"1","payload":${payload}}`);
    await socket.saw('error');
    const problems = [{ code: 'NUMBER_INEXACT' }];
    expect(answers()).toMatchObject([{ type: 'error', payload: [{ extensions: { problems } }] }]);
  });

  it('let go of what they follow when it breaks', async () => {
    const token = aToken(aDefinition(), { id: 'doc' });
    const event = { type: 'CREATED', version: 1, place: token.place, timestamp: NOW, number: 1 } as const;
    await api.storage.tokens.record({ token, runId: 'c', events: [event], executions: [] });
    const unwatch = vi.fn();
    api.storage.tokens.watchFeed = () => unwatch;
    api.storage.tokens.listEvents = () => Promise.reject(new Error('the database is away'));
    subscribe('subscription { tokenUpdates(tokenId: "doc") { sequence } }');
    await socket.saw('error');
    expect(answers()).toMatchObject([{ type: 'error', payload: [{ extensions: { code: 'INTERNAL' } }] }]);
    expect(unwatch).toHaveBeenCalledOnce();
  });
});
