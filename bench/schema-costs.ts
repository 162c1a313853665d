import { monitorEventLoopDelay } from 'node:perf_hooks';

import type { JsonObject } from '../src/core/json/json.js';
import { createDispatcher } from '../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../src/providers/create-language-model.js';
import type { LanguageModel } from '../src/providers/language-model.js';
import { readCredentials } from '../src/providers/keys/read-credentials.js';
import { SchemaThreads } from '../src/schemas/schema-threads.js';
import { WIRES } from '../test/providers/formats/contract/wire-under-test.js';
import { aRequest } from '../test/support/model-request.js';
import { median, printRow, quantile } from './figures.js';
import { startFrameServer } from './frame-server.js';
import { THIS_MACHINE } from '../test/support/this-machine.js';

const CHUNKS = 20_000;
const CALLS = 7;
const ANSWERS = 300;
const WARM_UP = 2;

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    approved: { type: 'boolean' },
    score: { type: 'number', minimum: 0, maximum: 10 },
    summary: { type: 'string', minLength: 1 },
    findings: {
      type: 'array',
      items: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    },
  },
  required: ['approved', 'score', 'summary'],
};
/** Takes as long as it may: twice as long for every letter. */
const HANGS: JsonObject = { type: 'object', properties: { summary: { type: 'string', pattern: '^(a+)+$' } } };

/** What an output schema costs a chunk and an answer, beside an answer without one, and whoever waits for neither. */
export async function benchSchemas(): Promise<void> {
  console.log(`\nSchemas: CPU per chunk (${CHUNKS} chunks, median of ${CALLS}), time per answer (${ANSWERS} answers)`);
  const schemas = new SchemaThreads();
  try {
    await benchChunks(schemas);
    printRow('the first answer with a schema: starts a thread', `${(await readTime(schemas, 20)).toFixed(1)} ms`);
    for (const [size, findings] of [['1 KB', 20] as const, ['100 KB', 2000] as const, ['800 KB', 16_000] as const])
      await benchAnswers(schemas, { size, findings });
    await benchBystanders(schemas);
  } finally {
    await schemas.close();
  }
}

async function benchChunks(schemas: SchemaThreads): Promise<void> {
  const server = await startFrameServer();
  const dispatcher = createDispatcher({ connectionTimeoutMs: 5_000, privateHosts: THIS_MACHINE });
  const model = createLanguageModel({ credentials: readCredentials({ credentials: {} }), dispatcher, schemas });
  const samples = { without: [] as number[], with: [] as number[] };
  try {
    await server.answerWith({ wire: 'CHAT', frames: CHUNKS });
    for (let call = 0; call < CALLS + WARM_UP; call += 1) {
      const [without, withOne] = [await chunkUs(model, server.root), await chunkUs(model, server.root, SCHEMA)];
      if (call < WARM_UP) continue;
      samples.without.push(without);
      samples.with.push(withOne);
    }
  } finally {
    await dispatcher.close();
    server.stop();
  }
  const [without, withOne] = [median(samples.without), median(samples.with)];
  printRow('a chunk', `without a schema ${without.toFixed(2)} µs   with one ${withOne.toFixed(2)} µs`);
}

async function chunkUs(model: LanguageModel, root: string, outputSchema?: JsonObject): Promise<number> {
  const provider = WIRES.CHAT.provider(root);
  const request = aRequest({ provider, timeoutMs: 60_000, ...(outputSchema === undefined ? {} : { outputSchema }) });
  const before = process.cpuUsage();
  for await (const event of model.stream(request, new AbortController().signal)) if (event.type === 'finish') break;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CHUNKS;
}

async function benchAnswers(
  schemas: SchemaThreads,
  { size, findings }: { readonly size: string; readonly findings: number },
): Promise<void> {
  const samples: number[] = [];
  for (let answer = 0; answer < ANSWERS; answer += 1) samples.push(await readTime(schemas, findings));
  printRow(
    `the end of an answer of ${size} with a schema`,
    `median ${median(samples).toFixed(2)} ms   p95 ${quantile(samples, 0.95).toFixed(2)} ms`,
  );
}

async function readTime(schemas: SchemaThreads, findings: number): Promise<number> {
  const text = JSON.stringify({
    approved: true,
    score: 8,
    summary: 'The memorandum is clear.',
    findings: Array.from({ length: findings }, (_, nth) => ({ text: `Finding ${nth}: none. ${'…'.repeat(10)}` })),
  });
  const startedAt = performance.now();
  const answer = await schemas.readAnswer(text, { schema: SCHEMA, outputs: ['summary'] });
  if (answer.type !== 'valid') throw new Error(`the answer is ${answer.type}`);
  return performance.now() - startedAt;
}

/** An answer without a schema waits for none of this; what it could notice is a late turn of its event loop. */
async function benchBystanders(schemas: SchemaThreads): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const text = JSON.stringify({ summary: `${'a'.repeat(60)}!` });
  const { type } = await schemas.readAnswer(text, { schema: HANGS, outputs: [] });
  delay.disable();
  const figures = `p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms   most ${(delay.max / 1e6).toFixed(1)} ms`;
  printRow(`others' turns beside a pattern that hangs (${type})`, figures);
}
