import type { IncomingMessage, ServerResponse } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { createAgent, execution, graphql } from '../support/api-client.js';
import { databaseContents } from '../support/database-contents.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';
import { temporalHistories } from '../support/temporal-histories.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const KEYS = ['planted-first-0123', 'planted-limited-0123', 'planted-revoked-0123', 'planted-fourth-0123'] as const;
const [FIRST, LIMITED, REVOKED, FOURTH] = KEYS;

type Answer = (response: ServerResponse, key: string) => void;

const answering: Answer = (response) => {
  beginStream(response);
  response.write(CHAT.text('All is '));
  setTimeout(() => response.end(CHAT.text('well.') + CHAT.finish('stop')), 20);
};
/** Says the key back, as some do. */
const refusing =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response, key) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: `not with ${key}` } }));
  };

interface SeenCall {
  readonly key: string;
  readonly atMs: number;
}

describe('several keys', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let provider: FaultServer;
  let setting: Setting;
  let calls: SeenCall[];
  let answers: Partial<Record<string, Answer>>;
  let processes: SpawnedProcess[];

  beforeEach(async () => {
    [temporal, database, provider] = await Promise.all([
      startTemporalServer(),
      createTestDatabase(),
      startFaultServer(),
    ]);
    [calls, answers, processes] = [[], {}, []];
    provider.behave(answer);
  });

  afterEach(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await Promise.all([temporal.stop(), provider.stop(), setting.remove()]);
    await database.drop();
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    const act = answers[key] ?? answering;
    if (request.method === 'POST') {
      calls.push({ key, atMs: Date.now() });
      act(response, key);
    } else if (act === answering) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[{"id":"m"}]}');
    } else act(response, key);
  }

  async function start(command: CommandName): Promise<SpawnedProcess> {
    const started = await SpawnedProcess.ready(command, setting.environment);
    processes.push(started);
    return started;
  }

  async function newSurroundings(keys: readonly string[]): Promise<void> {
    setting = await newSetting({
      ...{ TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url, LOG_LEVEL: 'info' },
      ...{ OPENAI_API_KEYS: ` ${keys.join(' ,,')},${keys[0] ?? ''}`, OPENAI_BASE_URL: provider.baseUrl },
    });
    await start('api');
    await createAgent(setting.address, {
      ...{ id: 'writer', name: 'Writer', llmProvider: { type: 'openai', model: 'm' } },
      prompts: { system: 'You write.', userTemplate: 'Write.' },
    });
  }

  async function execute(): Promise<string> {
    const mutation = 'mutation { executeAgent(input: { agentId: "writer" }) { id } }';
    const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(setting.address, mutation);
    return executeAgent.id;
  }

  async function keysOf(id: string) {
    const query = `query ($id: String!) { agentExecution(id: $id) { status attempts { outcome key passedKeys { key errorCode } } } }`;
    return (await graphql<{ agentExecution: KeysOfExecution }>(setting.address, query, { id })).agentExecution;
  }

  const callsWith = (key: string) => calls.filter((call) => call.key === key).length;

  it('of which one is limited and one revoked: 100 executions end on two workers, none waits, and the others share them', async () => {
    answers = { [LIMITED]: refusing(429, { 'retry-after': '3600' }), [REVOKED]: refusing(401) };
    await newSurroundings(KEYS);
    await Promise.all([start('worker'), start('worker')]);
    const ids = await Promise.all(Array.from({ length: 100 }, execute));
    await eventually(async () => {
      const ended = await Promise.all(ids.map((id) => execution(setting.address, id)));
      expect(ended.filter(({ status }) => status === 'COMPLETED')).toHaveLength(100);
    });
    const seen = await Promise.all(ids.map(keysOf));
    // One attempt each: nobody had to wait, and nothing was used up. On a machine with much to do Temporal may take one for lost.
    const counted = seen.map(({ attempts }) => attempts.filter(({ outcome }) => outcome !== 'lost'));
    const lost = seen.flatMap(({ attempts }) => attempts).length - counted.flat().length;
    for (const attempts of counted) expect(attempts).toMatchObject([{ outcome: 'completed' }]);
    const used = counted.flatMap((attempts) => attempts.map(({ key }) => key));
    expect(new Set(used)).toEqual(new Set(['OPENAI_API_KEYS, key 1', 'OPENAI_API_KEYS, key 4']));
    const answered = callsWith(FIRST) + callsWith(FOURTH);
    expect(answered).toBeGreaterThanOrEqual(100);
    expect(answered).toBeLessThanOrEqual(100 + lost);
    expect(Math.abs(callsWith(FIRST) - answered / 2)).toBeLessThanOrEqual(answered / 10);
    const passed = seen.flatMap(({ attempts }) => attempts.flatMap(({ passedKeys }) => passedKeys ?? []));
    expect(passed).toContainEqual({ key: 'OPENAI_API_KEYS, key 2', errorCode: 'rate_limit' });
    expect(passed).toContainEqual({ key: 'OPENAI_API_KEYS, key 3', errorCode: 'auth' });
    const refused = callsWith(LIMITED) + callsWith(REVOKED);
    expect(passed.length).toBeLessThanOrEqual(refused);
    if (lost === 0) expect(passed).toHaveLength(refused);
    // Those that were under way when the first answer came, and no more: of two workers.
    const before = calls.length;
    const later = await Promise.all(Array.from({ length: 10 }, execute));
    await Promise.all(later.map((id) => new StreamViewer().watch(setting.address, id)));
    expect(calls.slice(before).filter(({ key }) => key === LIMITED || key === REVOKED)).toEqual([]);
    await expectShownByPlace();
    await expectNoKeyShown();
  });

  async function expectShownByPlace(): Promise<void> {
    const query = '{ llmProviders { type works keys { name state until message } } }';
    const { llmProviders } = await graphql<{ llmProviders: readonly object[] }>(setting.address, query);
    const named = (place: number, state: string) => ({ name: `OPENAI_API_KEYS, key ${place}`, state });
    expect(llmProviders[0]).toMatchObject({
      ...{ type: 'openai', works: true },
      keys: [named(1, 'OK'), named(2, 'COOLING'), named(3, 'REFUSED'), named(4, 'OK')],
    });
    const said = processes.map(({ output }) => output).join('\n');
    expect(said).toMatch(/"key":"OPENAI_API_KEYS, key 3".*a key was refused by its provider and is left out/);
  }

  async function expectNoKeyShown(): Promise<void> {
    const query = '{ agentExecutions(first: 100) { nodes { errorMessage warnings attempts { errorMessage key } } } }';
    const places = {
      logs: processes.map(({ output }) => output).join('\n'),
      api: JSON.stringify(await graphql(setting.address, query)),
      storage: await databaseContents(database.url),
      temporal: await temporalHistories(temporal.address),
    };
    for (const [where, text] of Object.entries(places)) {
      expect(text.length, where).toBeGreaterThan(500);
      expect(
        KEYS.filter((key) => text.includes(key) || text.includes(Buffer.from(key).toString('base64').slice(0, -4))),
        where,
      ).toEqual([]);
    }
  }

  it(
    'that rest while their worker is killed rest for the next one, too, and what waited for them goes on then',
    { tags: 'worker-killed' },
    async () => {
      const restSeconds = 8;
      let limitedMs: number | undefined;
      answers = {
        [FIRST]: (response, key) => {
          limitedMs ??= Date.now();
          const isOver = Date.now() - limitedMs > restSeconds * 1000;
          (isOver ? answering : refusing(429, { 'retry-after': String(restSeconds) }))(response, key);
        },
        [REVOKED]: refusing(401),
      };
      await newSurroundings([FIRST, REVOKED]);
      const worker = await start('worker');
      const waiting = await execute();
      const viewer = new StreamViewer();
      const watching = viewer.watch(setting.address, waiting);
      await eventually(async () => {
        const { attempts } = await execution(setting.address, waiting);
        expect(attempts).toEqual([{ outcome: 'cancelled', errorCode: 'rate_limit' }]);
      });
      await worker.kill();
      await start('worker');
      const other = await execute();
      const otherViewer = new StreamViewer();
      await Promise.all([watching, otherViewer.watch(setting.address, other)]);
      expect(await execution(setting.address, other)).toMatchObject({ status: 'COMPLETED' });
      const { status, attempts } = await keysOf(waiting);
      const [limited, ...waits] = attempts.slice(0, -1);
      expect(status).toBe('COMPLETED');
      expect(limited?.outcome).toBe('cancelled');
      // On a slow machine the key may rest a moment longer than was waited for it: nothing is called then.
      for (const wait of waits) expect(wait).toEqual({ outcome: 'cancelled', key: null, passedKeys: null });
      expect(attempts.at(-1)).toEqual({ outcome: 'completed', key: 'OPENAI_API_KEYS, key 1', passedKeys: null });
      for (const { events } of [viewer, otherViewer]) {
        expect(events).toContainEqual(expect.objectContaining({ eventType: 'thinking', status: 'rate_limited' }));
      }
      expect(calls.map(({ key }) => key).toSorted()).toEqual([FIRST, FIRST, FIRST, REVOKED]);
      const [first, ...later] = calls.filter(({ key }) => key === FIRST);
      for (const { atMs } of later) expect(atMs - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(restSeconds * 1000);
    },
  );
});

interface KeysOfExecution {
  readonly status: string;
  readonly attempts: readonly {
    readonly outcome: string;
    readonly key: string | null;
    readonly passedKeys: readonly { readonly key: string; readonly errorCode: string }[] | null;
  }[];
}
