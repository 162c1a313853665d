import { createHash } from 'node:crypto';

import { answerKeyText } from '../src/core/executions/answer-key.js';
import type { ModelRequest } from '../src/core/executions/turn.js';
import { openStorage } from '../src/storage/open-storage.js';
import { createAgent } from '../test/support/api-client.js';
import { MemoryLogger } from '../test/support/memory-logger.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { executed } from './executed.js';
import { milliseconds, printRow } from './figures.js';

const ROUNDS = 60;
const WARM_UP = 10;
const AGENT = {
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};

/** What it takes to look for an answer that is not there, and from executeAgent to the end of one that is. */
export async function benchAnswerCache(address: string): Promise<void> {
  console.log('\nAnswers that serve again');
  await benchLookUp();
  await createAgent(address, { id: 'bench-asker', name: 'Bench asker', ...AGENT });
  await createAgent(address, { id: 'bench-sharer', name: 'Bench sharer', cache: { ttlSeconds: 600 }, ...AGENT });
  const times = { asked: [] as number[], missed: [] as number[], hit: [] as number[] };
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const asked = await executed(address, 'bench-asker', `tides ${round}`);
    const missed = await executed(address, 'bench-sharer', `tides ${round}`);
    const hit = await executed(address, 'bench-sharer', `tides ${round}`);
    if (round < WARM_UP) continue;
    times.asked.push(asked.firstChunkMs);
    times.missed.push(missed.firstChunkMs);
    times.hit.push(hit.completedMs);
  }
  printRow('executeAgent → first chunk, without a cache', milliseconds(times.asked));
  printRow('the same with one that has no answer', milliseconds(times.missed));
  printRow('executeAgent → completed, of a known answer', milliseconds(times.hit));
}

/** By itself: beside a whole execution it is within the noise. */
async function benchLookUp(): Promise<void> {
  const database = await createTestDatabase();
  const { storage } = await openStorage(database.url, { logger: new MemoryLogger() });
  const samples: number[] = [];
  for (let round = 0; round < 10 * ROUNDS; round += 1) {
    const startedAt = performance.now();
    const text = answerKeyText({ request: aRequest(round), schema: undefined, sharers: 'agent:a', digest: sha256 });
    const owner = `execution-${round} 1`;
    const call = { key: sha256(text), maxAgeSeconds: 600, agentId: 'a', owner, holder: `${owner} 1`, leaseMs: 8000 };
    await storage.answerCache.take(call);
    if (round >= WARM_UP) samples.push(performance.now() - startedAt);
  }
  printRow('to look up what is not there (PostgreSQL)', `${milliseconds(samples)}   (aim: 2 or less)`);
  await storage.close();
  await database.drop();
}

function aRequest(round: number): ModelRequest {
  const { llmProvider, prompts } = AGENT;
  return {
    provider: { ...llmProvider, type: 'openai', headers: {}, options: {} },
    llmConfig: {},
    messages: [
      { role: 'system', content: prompts.system.repeat(100) },
      { role: 'user', content: `Write about tides ${round}` },
    ],
    tools: [],
    timeoutMs: 1000,
    strictParameters: false,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
