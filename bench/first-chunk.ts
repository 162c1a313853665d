import OpenAI from 'openai';
import { WebSocket } from 'ws';

import { createAgent, createToken, createWorkflow, fire } from '../test/support/api-client.js';
import { median, milliseconds, printRow } from './figures.js';

const ROUNDS = 60;
const WARM_UP = 10;

const AGENT = {
  id: 'bench-writer',
  name: 'Bench writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};

const WORKFLOW = {
  id: 'bench-writing',
  name: 'Bench writing',
  places: ['asked', 'written'],
  initialPlace: 'asked',
  transitions: [
    { id: 'write', fromPlaces: ['asked'], toPlace: 'written', agentExecution: { agentId: 'bench-writer' } },
  ],
};

/** From the fireTransition request to the first chunk at a subscriber, beside a direct call of the same provider. */
export async function benchFirstChunk(address: string, providerUrl: string): Promise<void> {
  await createAgent(address, AGENT);
  await createWorkflow(address, WORKFLOW);
  const provider = new OpenAI({ apiKey: 'none', baseURL: providerUrl });
  const direct: number[] = [];
  const through: number[] = [];
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const [directMs, throughMs] = [await firstChunkDirect(provider), await firstChunkThrough(address)];
    if (round < WARM_UP) continue;
    direct.push(directMs);
    through.push(throughMs);
  }
  console.log('\nTime to the first chunk');
  printRow('direct call of the provider (openai SDK)', milliseconds(direct));
  printRow('fireTransition → first chunk at a subscriber', milliseconds(through));
  printRow('difference of the medians', `${(median(through) - median(direct)).toFixed(1)} ms   (aim: 60 or less)`);
}

async function firstChunkDirect(provider: OpenAI): Promise<number> {
  const startedAt = performance.now();
  const stream = await provider.chat.completions.create({
    model: 'gpt-4o-mini',
    stream: true,
    messages: [
      { role: 'system', content: 'You write.' },
      { role: 'user', content: 'Write about tides' },
    ],
  });
  for await (const chunk of stream) {
    if ((chunk.choices[0]?.delta.content ?? '') === '') continue;
    stream.controller.abort();
    return performance.now() - startedAt;
  }
  throw new Error('the provider sent no content');
}

async function firstChunkThrough(address: string): Promise<number> {
  const tokenId = await createToken(address, { workflowId: 'bench-writing', data: { topic: 'tides' } });
  const startedAt = performance.now();
  const executionId = await fire(address, { tokenId, transitionId: 'write' });
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/agent-stream/${executionId}?types=content_chunk`);
  const firstChunkMs = await new Promise<number>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      if (data.includes('"content_chunk"')) resolve(performance.now() - startedAt);
    });
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return firstChunkMs;
}
