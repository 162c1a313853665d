import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { watchExecution } from '../../src/client/index.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { expectWhole, Installation, Surroundings, write, type WritingIds } from '../support/installation.js';
import { canTestNats } from '../support/nats.js';
import { NatsServer } from '../support/nats-server.js';
import { Network, type Server } from '../support/network.js';
import { canTestRedis } from '../support/redis.js';
import { RedisServer } from '../support/redis-server.js';
import { StreamViewer } from '../support/stream-viewer.js';

/** Within which everybody has to hear something. */
const A_WORD_MS = 15_000;
const ALL = ['TEMPORAL_ADDRESS', 'STORAGE_URL', 'STREAM_URL', 'AGENT_STORAGE_URL'] as const;

/** One of each that needs other servers, by a name of its own; the last two need Temporal. */
const questions = (name: string): readonly (readonly [operation: string, variables?: object])[] => [
  ['{ agents { id } }'],
  ['{ tokens { nodes { id } } }'],
  [
    'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }',
    { input: { id: `token-${name}`, workflowId: 'writing', data: { topic: 'tides' } } },
  ],
  [
    'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }',
    { input: { id: `execution-${name}`, agentId: 'writer', input: 'tides' } },
  ],
];
const ANSWERED = ['ok', 'ok', 'ok', 'ok'];

/** What a caller hears of it: a code, or `ok`. Rejects where that is nothing for too long. */
async function heard(address: string, query: string, variables: object = {}): Promise<string> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(A_WORD_MS),
  });
  const { errors } = (await response.json()) as { errors?: readonly [{ extensions: { code: string } }] };
  return errors?.[0].extensions.code ?? 'ok';
}

async function heardOfAll(address: string, name: string): Promise<readonly string[]> {
  return await Promise.all(questions(name).map(([query, variables]) => heard(address, query, variables)));
}

describe.skipIf(!((await canTestRedis()) && (await canTestNats())))('the network', () => {
  const network = new Network();
  let surroundings: Surroundings;
  let redis: RedisServer;
  let nats: NatsServer;
  let here: Installation;

  beforeAll(async () => {
    [surroundings, redis, nats] = await Promise.all([
      Surroundings.start({ chunks: 40 }),
      RedisServer.start({ keepsData: true }),
      NatsServer.start(),
    ]);
    here = await Installation.start(surroundings, 'network', {
      streamUrl: redis.url,
      agentStorageUrl: nats.url,
      network,
    });
  });
  afterAll(async () => {
    await here.stop();
    await Promise.all([surroundings.stop(), redis.stop(), nats.stop(), network.stop()]);
  });

  /** An answer that stands still after some chunks, until it is to go on. */
  async function underWay(topic: string) {
    const goOn = surroundings.prose.hold(topic, 5);
    const ids = await write(here.address, topic);
    return { ids, goOn, asked: () => surroundings.prose.told(topic) };
  }

  async function viewed(address: string, { executionId }: WritingIds) {
    const viewer = new StreamViewer();
    const watching = viewer.watch(address, executionId);
    await viewer.sawChunks(1);
    return { viewer, watching };
  }

  describe.concurrent('that loses everything', () => {
    const away = 'UNAVAILABLE';

    it.each<{ where: string; servers: readonly Server[]; said: readonly string[] }>([
      { where: 'all its servers', servers: ALL, said: [away, away, away, away] },
      { where: 'Temporal', servers: ['TEMPORAL_ADDRESS'], said: ['ok', 'ok', away, away] },
    ])(
      'between an API and $where, and forgets all connections, leaves nobody without a word, and when it is back all is as it was',
      { tags: ['network-silent', 'on-postgres', 'on-redis', 'on-nats'] },
      async ({ where, servers, said }) => {
        const { api, address } = await anApi();
        const { ids, goOn } = await underWay(where);
        const { viewer, watching } = await viewed(address, ids);
        const signs = await openSigns(`${address}/agent-stream/${ids.executionId}`);
        const lines = servers.map((server) => network.line(api, server));
        for (const line of lines) line.fallSilent();
        const [answers] = await Promise.all([heardOfAll(address, api), signs.next()]);
        expect(answers).toEqual(said);
        // Also what was opened meanwhile.
        for (const line of lines) {
          line.forgetAll();
          line.speakAgain();
        }
        goOn();
        expect(await watching).toBe(1000);
        await eventually(async () => {
          expect(await heardOfAll(address, api)).toEqual(ANSWERED);
        });
        await expectWhole(address, ids, [viewer]);
        await signs.close();
      },
    );

    it('between a viewer and the API has it come again, and say why', { tags: 'viewer-cut-off' }, async () => {
      const line = await CuttingProxy.start(here.address);
      const { ids, goOn } = await underWay('viewers');
      const reasons: unknown[] = [];
      const watched = watchExecution({
        url: line.address,
        executionId: ids.executionId,
        onReconnect: ({ reason }) => reasons.push(reason),
      });
      const finished = watched.finished();
      await eventually(() => {
        expect(watched.view.text).not.toBe('');
      });
      line.fallSilent();
      line.forgetAll();
      await eventually(() => {
        expect(reasons).toContainEqual(new Error('The server was silent for 15 s.'));
      });
      line.speakAgain();
      goOn();
      await finished;
      expect(watched.isVerified).toBe(true);
      await expectWhole(here.address, ids, []);
      await line.stop();
    });
  });

  describe('that loses everything between a worker that calls a model', () => {
    /** The lines of the worker that calls. */
    async function linesOf(ids: WritingIds, ...servers: readonly Server[]): Promise<readonly CuttingProxy[]> {
      const caller = await here.callerOf(ids);
      return servers.map((server) => network.line(`worker-${here.workers.indexOf(caller) + 1}`, server));
    }

    it(
      'and Temporal lets it write nothing beside its successor',
      { tags: ['worker-cut-off', 'on-redis'] },
      async () => {
        const { ids, goOn } = await underWay('successors');
        const { viewer, watching } = await viewed(here.address, ids);
        const [line] = await linesOf(ids, 'TEMPORAL_ADDRESS');
        line?.fallSilent();
        await eventually(() => {
          expect(viewer.attempts).toBe(2);
        });
        goOn();
        expect(await watching).toBe(1000);
        line?.speakAgain();
        await expectWhole(here.address, ids, [viewer]);
      },
    );

    it(
      'and storage and streams, and not Temporal, has it keep its answer, which is not asked for again',
      { tags: ['worker-cut-off', 'on-postgres', 'on-redis', 'on-nats'] },
      async () => {
        const { ids, goOn, asked } = await underWay('keepers');
        const { viewer, watching } = await viewed(here.address, ids);
        const lines = await linesOf(ids, 'STORAGE_URL', 'STREAM_URL', 'AGENT_STORAGE_URL');
        for (const line of lines) line.fallSilent();
        goOn();
        await eventually(() => {
          expect(asked()).toEqual({ asked: 1, whole: 1 });
        });
        for (const line of lines) line.speakAgain();
        expect(await watching).toBe(1000);
        await expectWhole(here.address, ids, [viewer]);
        expect(asked()).toEqual({ asked: 1, whole: 1 });
      },
    );
  });

  /** One more API, that others do not use, and what its lines are called by. */
  async function anApi() {
    const port = String(await freePort());
    const api = await here.startApi({ PORT: port });
    return { api: here.nameOf(api), address: `http://127.0.0.1:${port}` };
  }
});

/** What comes of a stream as server-sent events, events or not; the first has come. */
async function openSigns(url: string) {
  const response = await fetch(url, { headers: { accept: 'text/event-stream' } });
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  await reader.read();
  return {
    /** Rejects where nothing comes for too long. */
    next: async () => {
      const late = AbortSignal.timeout(A_WORD_MS);
      await Promise.race([
        reader.read(),
        new Promise((_, reject) => {
          late.addEventListener('abort', () => {
            reject(new Error('no sign'));
          });
        }),
      ]);
    },
    close: () => reader.cancel(),
  };
}
