import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { beginStream, startFaultServer } from './fault-server.js';

/** A call of the model, as its server saw it. */
interface ModelCall {
  readonly topic: string;
  /** Two: it looks something up first. */
  readonly turn: number;
  readonly startedAt: number;
}

/** A model that looks something up and then tells a long answer, in other words each time that it is asked. */
export interface ClusterModel {
  readonly baseUrl: string;
  /** What it looks up is there, too: `host:port`. */
  readonly host: string;
  /** In the order in which they began. */
  readonly calls: readonly ModelCall[];
  stop(): Promise<void>;
}

const CHUNKS = 30;
const PACE_MS = 80;
const REQUEST = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
});

/** Topics look like `essay-12`, and are named in the prompt. */
export async function startClusterModel(): Promise<ClusterModel> {
  const server = await startFaultServer();
  const calls: ModelCall[] = [];
  server.behave((request, response, body) => {
    if (request.method === 'GET') {
      response.end('There is something about it.');
      return;
    }
    const { messages, tools } = REQUEST.parse(body);
    const topic = /essay-\d+/.exec(JSON.stringify(messages))?.[0] ?? '';
    const turn = messages.some(({ role }) => role === 'tool') ? 2 : 1;
    calls.push({ topic, turn, startedAt: Date.now() });
    const nth = calls.filter((call) => call.topic === topic && call.turn === turn).length;
    beginStream(response);
    if (turn === 1) lookUp(response, tools?.[0]?.function.name ?? '', `${server.root}/about/${topic}`);
    else void tell(response, `${topic}, told for the ${nth}. time`);
  });
  return { baseUrl: server.baseUrl, host: new URL(server.root).host, calls, stop: () => server.stop() };
}

function lookUp(response: ServerResponse, name: string, url: string): void {
  const call = { index: 0, id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify({ url }) } };
  const chunk = { choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] };
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] };
  response.write(CHAT.text('I look it up. '));
  response.end([chunk, end].map((data) => `data: ${JSON.stringify(data)}\n\n`).join('') + 'data: [DONE]\n\n');
}

async function tell(response: ServerResponse, beginning: string): Promise<void> {
  response.write(CHAT.text(`${beginning}: `));
  for (let n = 0; n < CHUNKS; n += 1) {
    if (response.destroyed) return;
    response.write(CHAT.text(`Sentence ${n} of a long answer, größer als 数字. `));
    await delay(PACE_MS);
  }
  response.end(CHAT.finish('stop'));
}
