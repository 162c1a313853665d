import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isErrorCode } from '../../src/core/codes.js';
import { eventually } from '../support/eventually.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { FIELD_USES } from '../support/field-uses.js';
import { fuzzedInput, type FuzzedInput, type RightThings } from '../support/fuzzed-doors.js';
import { inParallel } from '../support/in-parallel.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SignsOfLife } from '../support/signs-of-life.js';
import type { SpawnedProcess } from '../support/spawned-process.js';

const SEED = 20_261_129;
const INPUTS = 3000;
const AT_ONCE = 8;
const TOKEN = 'cb_of_the_test_that_sends_what_nobody_would';
/** What is kept for good: caches of documents and schemas are full after the first round. */
const MOST_GROWTH_BYTES = 10 * 1024 * 1024;

/** Within the process: says at a signal what of its memory is in use when all that can be collected has been. */
const HEAP_TELLER = `
  import { isMainThread } from 'node:worker_threads';
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc');
  let times = 0;
  if (isMainThread) process.on('SIGCONT', () => {
    collect();
    setTimeout(() => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      console.error('heap ' + (times += 1) + ': ' + (heapUsed + external) + ' bytes');
    }, 100);
  });`;

interface Judged {
  readonly status: number;
  readonly codes: readonly string[];
}

describe('the doors, fuzzed with bodies, documents, frames, headers, paths, tickets and tokens', () => {
  let folder: string;
  let database: TestDatabase;
  let setting: Setting;
  let everything: SpawnedProcess;
  let life: SignsOfLife;
  let right: RightThings;
  let tellings = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-fuzz-'));
    const teller = join(folder, 'teller.mjs');
    await writeFile(teller, HEAP_TELLER);
    database = await createTestDatabase();
    setting = await newSetting({
      STORAGE_URL: database.url,
      AGENT_ACCESS_TOKEN: TOKEN,
      GRAPHIQL: 'true',
      NODE_OPTIONS: `--import=${pathToFileURL(teller).href}`,
    });
    everything = await startEverything(setting);
    right = await rightThings(setting.address);
    life = new SignsOfLife(setting.address);
  });
  afterAll(async () => {
    await everything.stop();
    await Promise.all([setting.remove(), database.drop(), rm(folder, { recursive: true, force: true })]);
  });

  async function settledBytes(): Promise<number> {
    const telling = (tellings += 1);
    everything.signal('SIGCONT');
    return await eventually(() => {
      const bytes = new RegExp(`heap ${telling}: (\\d+) bytes`).exec(everything.output)?.[1];
      if (bytes === undefined)
        throw new Error(`it has not said how much memory it uses: ${everything.output.slice(-3000)}`);
      return Promise.resolve(Number(bytes));
    });
  }

  it('answer with codes of the catalogue alone, live on, and keep nothing', async () => {
    const statuses = new Map<number, number>();
    const round = async (seed: number) => {
      const inputs = fc.sample(fuzzedInput(right), { seed, numRuns: INPUTS });
      await inParallel(AT_ONCE, inputs, async (input) => {
        for (const { status, codes } of await answersTo(setting.address, input)) {
          const sent = () =>
            `${input.request.toString('latin1').slice(0, 2000)} was answered ${status} ${codes.join()}`;
          expect(
            codes.filter((code) => !isErrorCode(code) || code === 'INTERNAL'),
            sent(),
          ).toEqual([]);
          if (status >= 500) expect([status, ...codes], sent()).toEqual([503, 'UNAVAILABLE']);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      });
      return await settledBytes();
    };
    await round(SEED);
    const before = await round(SEED + 1);
    const after = await round(SEED + 2);

    const { silences } = await life.end();
    expect(silences).toEqual([]);
    expect(everything.hasEnded, everything.output).toBe(false);
    expect(everything.output).not.toMatch(/nobody caught|"level":"(error|fatal)"/);
    expect(everything.output).not.toContain(TOKEN);
    // Some of it has to have come through every door: else nothing was tried.
    for (const status of [101, 200, 400, 401, 404]) expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(20);
    expect(after - before).toBeLessThan(MOST_GROWTH_BYTES);
  });
});

async function rightThings(address: string): Promise<RightThings> {
  const ask = async <Data>(query: string, variables: object = {}): Promise<Data> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    const body = JSON.stringify({ query, variables });
    const answer = await fetch(`${address}/graphql`, { method: 'POST', headers, body });
    const { data, errors } = (await answer.json()) as { data?: Data; errors?: unknown };
    if (data === undefined || errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  };
  const agent = {
    ...{ id: 'a', name: 'A', prompts: { system: 's', userTemplate: 'u' } },
    llmProvider: { type: 'mock', model: 'm', options: { responses: ['fine'], delayMs: 0 } },
  };
  await ask('mutation ($input: AgentInput!) { createAgent(input: $input) { id } }', { input: agent });
  await ask(FIELD_USES['createWorkflow'] ?? '');
  await ask('mutation { createToken(input: {id: "t", workflowId: "w"}) { id } }');
  await ask('mutation { executeAgent(input: {id: "e", agentId: "a", input: "x"}) { id } }');
  const made = await ask<{ createStreamTicket: { ticket: string } }>(FIELD_USES['createStreamTicket'] ?? '');
  return { accessToken: TOKEN, executionId: 'e', ticket: made.createStreamTicket.ticket };
}

/** What comes back before the connection ends: none where the server only closes it. */
async function answersTo(address: string, { request, frames }: FuzzedInput): Promise<readonly Judged[]> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let text = '';
  const judged = await new Promise<readonly Judged[]>((resolve) => {
    let isUpgraded = false;
    socket
      .setEncoding('latin1')
      .on('error', () => undefined)
      .on('close', () => {
        resolve(judgedAnswers(text));
      })
      .on('data', (part: string) => {
        text += part;
        if (!isUpgraded && text.startsWith('HTTP/1.1 101')) {
          isUpgraded = true;
          socket.end(frames ?? '');
        }
        // A stream goes on: that it was opened is all that is asked of it.
        if (/^HTTP\/1\.1 200[^]*\r\ncontent-type: text\/event-stream[^]*\r\n\r\n/i.test(text)) socket.destroy();
      });
    socket.write(request);
    if (frames === undefined) socket.end();
    else socket.on('data', () => !isUpgraded && socket.end());
  });
  socket.destroy();
  return judged;
}

function judgedAnswers(text: string): readonly Judged[] {
  const head = /^HTTP\/1\.1 (\d+)[^]*?\r\n\r\n/.exec(text);
  if (head === null) return [];
  const status = Number(head[1]);
  const codes = [...text.matchAll(/"(?:error|extensions)":\{"code":"(\w+)"/g)].map(([, code = '']) => code);
  return [{ status, codes }];
}
