import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, execution, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { mainThreadMs } from '../support/main-thread-ms.js';
import type { SpawnedProcess } from '../support/spawned-process.js';

/** Who does not answer for longer counts as dead: what the process may compute without a look at who asks. */
const MOST_MS = 250;
const VALIDATE = 'query ($input: WorkflowDefinitionInput!) { validateWorkflow(input: $input) { code } }';
const ASK = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));
/** As many rules as a definition may have. */
const LARGE = {
  name: 'Large',
  places: ['a', 'b'],
  initialPlace: 'a',
  transitions: many(100, (n) => ({
    id: `t${n}`,
    fromPlaces: ['a'],
    toPlace: 'b',
    rules: many(99, () => ({ type: 'FieldExists', field: 'data.a' })),
  })),
};
const PATTERN = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } }, required: ['a'] };
const LADDER = {
  type: 'object',
  properties: Object.fromEntries(
    many(100, (n) => [`p${n}`, { allOf: many(100, (m) => ({ $ref: `#/properties/p${m}` })) }]),
  ),
};

const PLACES = many(500, (n) => `p${n}`);
const ARROWS = {
  places: PLACES,
  initialPlace: 'p0',
  transitions: many(40, (n) => ({ id: `t${n}`, fromPlaces: PLACES, toPlace: `p${n}` })),
};
/** As many members as find room in a token. */
const WIDE = Object.fromEntries(many(18_000, (n) => [`k${n}`, n]));
const OPEN = {
  id: 'open',
  name: 'Open',
  places: ['a', 'b'],
  initialPlace: 'a',
  transitions: [
    { id: 'stay', fromPlaces: ['a'], toPlace: 'a' },
    { id: 'go', fromPlaces: ['a'], toPlace: 'b' },
  ],
};
const BOMB = gzipSync(Buffer.alloc(1024 * 1024 * 1024));

/** Whoever asks whether the one process lives that does everything has an answer while others have it work hard. */
describe('a process that works for strangers', () => {
  let setting: Setting;
  let everything: SpawnedProcess;
  let address = '';
  let count = 0;

  beforeAll(async () => {
    setting = await newPreparedSetting();
    everything = await startEverything(setting);
    ({ address } = setting);
    await createWorkflow(address, OPEN);
  });
  afterAll(async () => {
    await everything.stop();
    await setting.remove();
  });

  /** Asks for signs of life until the work is over: the most that the process computed between a question and its answer. */
  async function longestSilence(work: Promise<unknown>): Promise<number> {
    const pid = everything.pid ?? 0;
    const over = work.then(() => 'over' as const);
    for (let longest = 0, first: unknown; ;) {
      const before = mainThreadMs(pid);
      const sign = fetch(`${address}/health/live`).then(({ status }) => status);
      first = await Promise.race([sign, over]);
      expect(await sign).toBe(200);
      longest = Math.max(longest, mainThreadMs(pid) - before);
      if (first === 'over') return longest;
    }
  }

  async function executed(agentId: string, answer: string, more: object): Promise<void> {
    const llmProvider = { type: 'mock', model: 'mock-1', options: { responses: [answer], delayMs: 0 } };
    const prompts = { system: 'You answer.', userTemplate: '{input_data}' };
    await createAgent(address, { id: agentId, name: agentId, llmProvider, prompts, ...more });
    const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(address, ASK, {
      input: { agentId, input: 'q' },
    });
    await eventually(async () => {
      expect((await execution(address, executeAgent.id)).status).not.toMatch(/PENDING|RUNNING/);
    });
  }

  async function pipelined(): Promise<void> {
    const { hostname, port, host } = new URL(address);
    const ask = (more: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
    const socket = connect(Number(port), hostname);
    socket.resume().write(ask('').repeat(1000) + ask('Connection: close\r\n'));
    await once(socket, 'close');
  }

  const newToken = async (data: object) => {
    count += 1;
    return await createToken(address, { id: `token-${count}`, workflowId: 'open', data });
  };

  /** As a plain Temporal client does. */
  async function signalled(): Promise<void> {
    const tokenId = await newToken(WIDE);
    const connection = await Connection.connect({ address: setting.temporalAddress });
    const handle = new Client({ connection }).workflow.getHandle(tokenId);
    await Promise.all(many(200, (n) => handle.signal('fireTransition', { transitionId: 'stay', data: { n } })));
    // One that comes in the same moment is told to come again.
    await eventually(() => handle.executeUpdate('fire', { args: [{ transitionId: 'stay' }] }));
    await connection.close();
  }

  async function changed(): Promise<void> {
    const tokenId = await newToken(WIDE);
    const change = 'mutation ($id: String!, $data: JSON) { updateToken(id: $id, data: $data) { version } }';
    await Promise.all(many(10, (n) => graphql(address, change, { id: tokenId, data: { n } })));
  }

  async function posted(body: Buffer | string, headers: Record<string, string> = {}): Promise<void> {
    const all = { 'content-type': 'application/json', ...headers };
    const response = await fetch(`${address}/graphql`, { method: 'POST', headers: all, body });
    await response.text();
  }

  const answer = (text: string, schema: object) => () => {
    count += 1;
    return executed(`answers-${count}`, text, { outputSchema: schema });
  };
  const savedAgent = (more: object) => () => {
    count += 1;
    const [llmProvider, id] = [{ type: 'mock', model: 'mock-1' }, `saved-${count}`];
    const prompts = { system: 'You answer.', userTemplate: '{input_data}' };
    return createAgent(address, { id, name: id, llmProvider, prompts, ...more }).catch(String);
  };
  const savedWorkflow = (more: object) => () => {
    count += 1;
    return createWorkflow(address, { id: `net-${count}`, ...LARGE, name: `Net ${count}`, ...more }).catch(String);
  };

  it.each<readonly [string, () => Promise<unknown>]>([
    ['a definition of ten thousand rules', () => graphql(address, VALIDATE, { input: LARGE })],
    ['a definition of ten thousand rules that is saved', savedWorkflow({})],
    ['a definition of five hundred places and twenty thousand arrows', savedWorkflow(ARROWS)],
    ['a thousand requests at once on one connection', pipelined],
    ['an answer that a pattern never finishes with', answer(`{"a":"${'a'.repeat(60)}!"}`, PATTERN)],
    ['an answer of blank lines', answer(`\`\`\`json${'\n'.repeat(500_000)}`, PATTERN)],
    ['an answer of braces', answer('{"a":'.repeat(100_000), PATTERN)],
    ['an answer of thousands of fences', answer('```\n'.repeat(5_000), PATTERN)],
    ['an answer of half a million items', answer(`[${'1,'.repeat(250_000)}1]`, { type: 'array', uniqueItems: true })],
    ['an answer of thoughts within thoughts', answer('<think>'.repeat(60_000), PATTERN)],
    ['hundreds of fires at once on a token of 18,000 members', signalled],
    ['many changes at once of a token of 18,000 members', changed],
    ['a schema that refers to itself ten thousand times', savedAgent({ outputSchema: LADDER })],
    ['a prompt of braces', savedAgent({ prompts: { system: '{a'.repeat(400_000), userTemplate: 'x' } })],
    [
      'a prompt of marks',
      savedAgent({ prompts: { system: `{a${'\u0315\u0300'.repeat(200_000)}}`, userTemplate: 'x' } }),
    ],
    ['a body that unpacks to a gigabyte', () => posted(BOMB, { 'content-encoding': 'gzip' })],
    ['a body of brackets', () => posted(`{"query":"{ __typename }","variables":${'['.repeat(1_000_000)}`)],
    ['a document of thousands of names', () => posted(JSON.stringify({ query: `{ ${'a '.repeat(30_000)} }` }))],
  ])('says that it lives in the middle of %s', async (_what, work) => {
    const longest = await longestSilence(work());
    expect(longest).toBeLessThan(MOST_MS);
  });
});
