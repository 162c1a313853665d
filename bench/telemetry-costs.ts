import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { createAgent, createToken, createWorkflow, graphql } from '../test/support/api-client.js';
import { killEverything, newSetting, startEverything } from '../test/support/everything.js';
import { freePort } from '../test/support/free-port.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { startTraceCollector } from '../test/support/trace-collector.js';
import { BACK_AND_FORTH, nextTransition } from './back-and-forth.js';
import { median, printRow, timed } from './figures.js';

const ROUNDS = 9;
const WARM_UP = 2;
const EXECUTIONS = 30;
const CHUNKS = 200;
const TOKENS = 10;
const FIRES = 100;
const SCRAPES = 30;
/** What is exported behind the work counts: by then it was. */
const EXPORTED_MS = 600;

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

interface Running {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** By what they tell. */
type Contenders = Readonly<Record<'nothing' | 'metrics' | 'traces', Running>>;

/**
 * CPU of the whole process (API and worker) for each chunk and each fire, with metrics, with all traces, and without either, by turns: beside each
 * other, since a machine is quicker at one time than at another.
 */
export async function benchTelemetry(): Promise<void> {
  console.log(`\nTelemetry: CPU of the process, on PostgreSQL (medians of ${ROUNDS} rounds by turns)`);
  const collector = await startTraceCollector();
  const metricsPort = String(await freePort());
  const contenders: Contenders = {
    nothing: await start({}),
    metrics: await start({ METRICS_PORT: metricsPort }),
    traces: await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` }),
  };
  try {
    const unit = `a chunk (${EXECUTIONS} executions at once, viewed)`;
    await compare({ unit, count: EXECUTIONS * CHUNKS, work: chunks }, contenders);
    await compare({ unit: `a fire (${TOKENS} at once)`, count: FIRES, work: fires }, contenders);
    printRow('spans that the collector got', String(collector.spans.length));
    await scrapes(contenders.metrics, metricsPort);
  } finally {
    await Promise.all(Object.values(contenders).map((one) => one.stop()));
    await collector.close();
  }
}

async function start(environment: Readonly<Record<string, string>>): Promise<Running> {
  const database = await createTestDatabase();
  const setting = await newSetting({ STORAGE_URL: database.url, METRICS_PORT: '0', ...environment });
  const everything = await startEverything(setting);
  await createAgent(setting.address, AGENT);
  await createWorkflow(setting.address, BACK_AND_FORTH);
  return {
    address: setting.address,
    pid: everything.pid ?? 0,
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

async function compare({ unit, count, work }: Load, contenders: Contenders): Promise<void> {
  const names = ['nothing', 'metrics', 'traces'] as const;
  const samples: Record<keyof Contenders, number[]> = { nothing: [], metrics: [], traces: [] };
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const { address, pid } = contenders[name];
      const before = cpuMicroseconds(pid);
      await work(address);
      await delay(EXPORTED_MS);
      const each = (cpuMicroseconds(pid) - before) / count;
      if (round >= WARM_UP) samples[name].push(each);
    }
  }
  printRow(unit, `${median(samples.nothing).toFixed(1)} µs`);
  for (const name of ['metrics', 'traces'] as const) {
    const pairs = samples[name].map((one, index) => one / (samples.nothing[index] ?? one));
    const medians = median(samples[name]) / median(samples.nothing);
    printRow(`  with ${name}`, `${percent(medians)}   (by pairs ${percent(median(pairs))})`);
  }
}

function percent(ratio: number): string {
  return `${ratio >= 1 ? '+' : ''}${(100 * (ratio - 1)).toFixed(1)} %`;
}

/** Executions that are viewed until they end. */
async function chunks(address: string): Promise<void> {
  await timed(EXECUTIONS, EXECUTIONS, async () => {
    const ask = 'mutation { executeAgent(input: { agentId: "bench-writer" }) { id } }';
    const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(address, ask);
    const headers = { accept: 'text/event-stream' };
    const response = await fetch(`${address}/agent-stream/${executeAgent.id}`, { headers });
    if (!response.ok) throw new Error(`The stream answered ${response.status}.`);
    await response.text();
  });
}

async function fires(address: string): Promise<void> {
  await timed(TOKENS, TOKENS, async () => {
    const tokenId = await createToken(address, { workflowId: BACK_AND_FORTH.id });
    const query = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { token { status } } }';
    for (let index = 0; index < FIRES / TOKENS; index += 1) {
      await graphql(address, query, { input: { tokenId, transitionId: nextTransition(index) } });
    }
    await graphql(address, 'mutation ($id: String!) { cancelToken(id: $id) { id } }', { id: tokenId });
  });
}

/** One at a time, each with what changed meanwhile. */
async function scrapes({ pid }: Running, metricsPort: string): Promise<void> {
  const samples: number[] = [];
  let bytes = 0;
  for (let index = 0; index < SCRAPES; index += 1) {
    await delay(1100);
    const before = cpuMicroseconds(pid);
    bytes = (await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()).length;
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
