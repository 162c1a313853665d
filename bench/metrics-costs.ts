import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { createAgent, createToken, createWorkflow, graphql } from '../test/support/api-client.js';
import { killEverything, newSetting, startEverything } from '../test/support/everything.js';
import { freePort } from '../test/support/free-port.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { median, printRow, timed } from './figures.js';

const ROUNDS = 9;
const WARM_UP = 2;
const EXECUTIONS = 30;
const CHUNKS = 200;
const TOKENS = 10;
const FIRES = 100;
const SCRAPES = 30;

const AGENT = {
  id: 'bench-writer',
  name: 'Bench writer',
  llmProvider: {
    type: 'mock',
    model: 'bench',
    options: { delayMs: 5, responses: [Array.from({ length: CHUNKS }, (_, index) => `word${index}`).join(' ')] },
  },
  prompts: { system: 'You write.', userTemplate: 'Write.' },
};

const WORKFLOW = {
  id: 'bench-metrics',
  name: 'Bench metrics',
  places: ['left', 'right'],
  initialPlace: 'left',
  transitions: [
    { id: 'go', fromPlaces: ['left'], toPlace: 'right' },
    { id: 'back', fromPlaces: ['right'], toPlace: 'left' },
  ],
};

interface Running {
  readonly address: string;
  readonly pid: number;
  /** Where it tells what it measures; absent: nowhere. */
  readonly metricsPort?: number;
  stop(): Promise<void>;
}

/** CPU of the whole process (API and worker) for each chunk and each fire, with and without metrics, one after the other. */
export async function benchMetrics(): Promise<void> {
  console.log(`\nMetrics: CPU of the process, on PostgreSQL (medians of ${ROUNDS} rounds that alternate)`);
  const without = await start();
  const metered = await start(await freePort());
  try {
    const chunk = {
      unit: `chunk (${EXECUTIONS} executions at once, viewed)`,
      count: EXECUTIONS * CHUNKS,
      work: chunks,
    };
    await compare(chunk, { without, metered });
    await compare({ unit: `fire (${TOKENS} at once)`, count: FIRES, work: fires }, { without, metered });
    await scrapes(metered);
  } finally {
    await without.stop();
    await metered.stop();
  }
}

async function start(metricsPort?: number): Promise<Running> {
  const database = await createTestDatabase();
  const setting = await newSetting({ STORAGE_URL: database.url, METRICS_PORT: String(metricsPort ?? 0) });
  const everything = await startEverything(setting);
  await createAgent(setting.address, AGENT);
  await createWorkflow(setting.address, WORKFLOW);
  return {
    address: setting.address,
    pid: everything.pid ?? 0,
    ...(metricsPort === undefined ? {} : { metricsPort }),
    stop: async () => {
      await killEverything(everything, setting);
      await setting.remove();
      await database.drop();
    },
  };
}

interface Load {
  readonly unit: string;
  readonly count: number;
  readonly work: (address: string) => Promise<void>;
}

async function compare({ unit, count, work }: Load, ways: Record<'without' | 'metered', Running>): Promise<void> {
  const samples = { without: [] as number[], metered: [] as number[] };
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    for (const way of round % 2 === 0 ? (['without', 'metered'] as const) : (['metered', 'without'] as const)) {
      const { address, pid } = ways[way];
      const before = cpuMicroseconds(pid);
      await work(address);
      const each = (cpuMicroseconds(pid) - before) / count;
      if (round >= WARM_UP) samples[way].push(each);
    }
  }
  const [bare, measured] = [median(samples.without), median(samples.metered)];
  const more = (100 * (measured - bare)) / bare;
  const pairs = samples.metered.map((one, index) => 100 * (one / (samples.without[index] ?? one) - 1));
  const figures = `${bare.toFixed(1)} µs without, ${measured.toFixed(1)} µs with metrics: ${more.toFixed(1)} %`;
  printRow(unit, `${figures}   (by pairs ${median(pairs).toFixed(1)} %)`);
}

/** Executions that are viewed until they end. */
async function chunks(address: string): Promise<void> {
  await timed(EXECUTIONS, EXECUTIONS, async () => {
    const start = 'mutation { executeAgent(input: { agentId: "bench-writer" }) { id } }';
    const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(address, start);
    const headers = { accept: 'text/event-stream' };
    const response = await fetch(`${address}/agent-stream/${executeAgent.id}`, { headers });
    if (!response.ok) throw new Error(`The stream answered ${response.status}.`);
    await response.text();
  });
}

async function fires(address: string): Promise<void> {
  await timed(TOKENS, TOKENS, async () => {
    const tokenId = await createToken(address, { workflowId: WORKFLOW.id });
    const query = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { token { status } } }';
    for (let index = 0; index < FIRES / TOKENS; index += 1) {
      await graphql(address, query, { input: { tokenId, transitionId: index % 2 === 0 ? 'go' : 'back' } });
    }
    await graphql(address, 'mutation ($id: String!) { cancelToken(id: $id) { id } }', { id: tokenId });
  });
}

/** One at a time, each with what changed meanwhile. */
async function scrapes({ metricsPort, pid }: Running): Promise<void> {
  const url = `http://127.0.0.1:${metricsPort ?? 0}/metrics`;
  const samples: number[] = [];
  let bytes = 0;
  for (let index = 0; index < SCRAPES; index += 1) {
    await delay(1100);
    const before = cpuMicroseconds(pid);
    bytes = (await (await fetch(url)).text()).length;
    samples.push((cpuMicroseconds(pid) - before) / 1000);
  }
  const ms = median(samples);
  printRow(
    'a scrape',
    `${ms.toFixed(1)} ms (${(bytes / 1024).toFixed(0)} KB): every 15 s ${(ms / 150).toFixed(2)} % of a core`,
  );
}

/** What each thread has used; one that has ended keeps what it was last seen with. */
const seen = new Map<string, number>();

/** Of all threads of a process. */
function cpuMicroseconds(pid: number): number {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const [ns = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
      seen.set(`${pid}/${thread}`, Number(ns) / 1000);
    } catch {
      // It has ended meanwhile.
    }
  }
  return [...seen].filter(([name]) => name.startsWith(`${pid}/`)).reduce((sum, [, one]) => sum + one, 0);
}
