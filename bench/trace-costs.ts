import { setTimeout as delay } from 'node:timers/promises';

import { createAgent, createToken, createWorkflow, fire, graphql } from '../test/support/api-client.js';
import { newSetting, startEverything } from '../test/support/everything.js';
import { processTicks } from '../test/support/cpu-seconds.js';
import { startTraceCollector, type TraceCollector } from '../test/support/trace-collector.js';
import { median, printRow } from './figures.js';

const ROUNDS = 8;
const FIRES = 150;
const ANSWERS = 12;
const CHUNKS = 400;

const WORKFLOW = {
  id: 'bench-fires',
  name: 'Bench fires',
  places: ['left', 'right'],
  initialPlace: 'left',
  transitions: [
    { id: 'go', fromPlaces: ['left'], toPlace: 'right' },
    { id: 'back', fromPlaces: ['right'], toPlace: 'left' },
  ],
};

interface Contender {
  readonly address: string;
  readonly pid: number;
  readonly tokenId: string;
  stop(): Promise<void>;
}

/** CPU of the process with API and worker, without Temporal's server: in turns with traces at 100 % and without any. */
export async function benchTraces(): Promise<void> {
  const collector = await startTraceCollector();
  const without = await start({});
  const withTraces = await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` });
  try {
    console.log(`\nTraces at 100 %, ${ROUNDS} rounds in turns, CPU of API and worker`);
    await compare('a fire', { without, withTraces, per: FIRES }, fires);
    await compare('a chunk of an answer, viewers and all', { without, withTraces, per: ANSWERS * CHUNKS }, answers);
    printRow('spans that the collector got', String(spansOf(collector)));
  } finally {
    await Promise.all([without.stop(), withTraces.stop()]);
    await collector.close();
  }
}

interface Comparison {
  readonly without: Contender;
  readonly withTraces: Contender;
  readonly per: number;
}

async function compare(
  name: string,
  { without, withTraces, per }: Comparison,
  work: (contender: Contender) => Promise<void>,
): Promise<void> {
  for (const contender of [without, withTraces]) await work(contender);
  const [plain, traced]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(await cpuMsOf(without, work));
    traced.push(await cpuMsOf(withTraces, work));
  }
  const [before, after] = [median(plain) / per, median(traced) / per];
  const added = (100 * (after - before)) / before;
  printRow(name, `${micro(before)} without, ${micro(after)} with: ${added >= 0 ? '+' : ''}${added.toFixed(1)} %`);
}

/** What is exported behind the work counts. */
async function cpuMsOf(contender: Contender, work: (contender: Contender) => Promise<void>): Promise<number> {
  const before = processTicks(contender.pid);
  await work(contender);
  await delay(600);
  return (processTicks(contender.pid) - before) * 10;
}

async function fires({ address, tokenId }: Contender): Promise<void> {
  for (let index = 0; index < FIRES; index += 1)
    await fire(address, { tokenId, transitionId: index % 2 === 0 ? 'go' : 'back' });
}

async function answers({ address }: Contender): Promise<void> {
  const query = 'mutation { executeAgent(input: { agentId: "talker", input: "x" }) { id } }';
  await Promise.all(
    Array.from({ length: ANSWERS }, async () => {
      const { executeAgent } = await graphql<{ executeAgent: { id: string } }>(address, query);
      const headers = { accept: 'text/event-stream' };
      await (await fetch(`${address}/agent-stream/${executeAgent.id}`, { headers })).text();
    }),
  );
}

async function start(environment: Readonly<Record<string, string>>): Promise<Contender> {
  const setting = await newSetting(environment);
  const everything = await startEverything(setting);
  await createWorkflow(setting.address, WORKFLOW);
  const response = Array.from({ length: CHUNKS }, (_, index) => `word${index}`).join(' ');
  await createAgent(setting.address, {
    id: 'talker',
    name: 'Talker',
    llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 2, responses: [response] } },
    prompts: { system: 'You talk.', userTemplate: '{input_data}' },
  });
  const tokenId = await createToken(setting.address, { workflowId: WORKFLOW.id });
  return {
    address: setting.address,
    pid: everything.pid ?? 0,
    tokenId,
    stop: async () => {
      await everything.stop();
      await setting.remove();
    },
  };
}

function spansOf({ spans }: TraceCollector): number {
  return spans.length;
}

function micro(ms: number): string {
  return `${Math.round(ms * 1000)} µs`;
}
