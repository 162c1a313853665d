import { createLanguageModel } from '../src/providers/create-language-model.js';
import { createDispatcher } from '../src/providers/connection/dispatcher.js';
import type { LanguageModel } from '../src/providers/language-model.js';
import { readCredentials } from '../src/providers/keys/read-credentials.js';
import { SchemaThreads } from '../src/schemas/schema-threads.js';
import { openAnswerStream } from '../src/streams/writing/gathered-answer.js';
import { openStreamLog } from '../src/streams/open-stream-log.js';
import type { StreamLog } from '../src/streams/stream-log.js';
import { WIRES } from '../test/providers/formats/contract/wire-under-test.js';
import { aRequest } from '../test/support/model-request.js';
import { bareSdks } from './bare-sdks.js';
import { median, printRow } from './figures.js';
import { startFrameServer, type FrameServer } from './frame-server.js';
import { THIS_MACHINE } from '../test/support/this-machine.js';

const FRAMES = 20_000;
const ROUNDS = 7;
const WARM_UP = 2;
const CALLS = 100;

type WireName = keyof typeof WIRES;

/** For each provider: CPU per chunk from the socket to the stream log, beside the bare SDK's iterator; connections. */
export async function benchProviders(): Promise<void> {
  const server = await startFrameServer();
  const dispatcher = createDispatcher({ connectionTimeoutMs: 5_000, privateHosts: THIS_MACHINE });
  const model = createLanguageModel({
    credentials: readCredentials({ credentials: {} }),
    dispatcher,
    schemas: new SchemaThreads(),
  });
  const log = await openStreamLog('memory:');
  console.log(`\nProviders: CPU per chunk (${FRAMES} chunks, median of ${ROUNDS}), connections per ${CALLS} calls`);
  try {
    for (const wire of Object.keys(WIRES) as WireName[]) {
      const ours = () => throughUs(model, log, { wire, root: server.root });
      const bare = bareSdks(server.root)[wire];
      printRow(
        WIRES[wire].name,
        `${await cpu(server, wire, { ours, bare })}   ${await connections(server, wire, ours)}`,
      );
    }
  } finally {
    await dispatcher.close();
    await log.shutdown();
    server.stop();
  }
}

let count = 0;

/** A model call as an attempt makes it: what is said goes to the stream of its execution. */
async function throughUs(
  model: LanguageModel,
  log: StreamLog,
  { wire, root }: { readonly wire: WireName; readonly root: string },
): Promise<string> {
  count += 1;
  const executionId = `bench-${count}`;
  const claim = { epoch: 1, turn: 1, reason: 'first' } as const;
  const answer = openAnswerStream(log, executionId, { claim, onFenced: () => undefined });
  const request = aRequest({ provider: WIRES[wire].provider(root), timeoutMs: 60_000 });
  for await (const event of model.stream(request, new AbortController().signal)) {
    if (event.type === 'text') answer.write(event.text);
  }
  await answer.end();
  await log.remove([executionId]);
  return answer.text;
}

interface Ways {
  readonly ours: () => Promise<string>;
  readonly bare: () => Promise<string>;
}

async function cpu(server: FrameServer, wire: WireName, { ours, bare }: Ways): Promise<string> {
  await server.answerWith({ wire, frames: FRAMES });
  const samples = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const [bareUs, oursUs] = [await microsecondsOf(bare), await microsecondsOf(ours)];
    if (round < WARM_UP) continue;
    samples.bare.push(bareUs);
    samples.ours.push(oursUs);
  }
  const [oursUs, bareUs] = [median(samples.ours), median(samples.bare)];
  return `${oursUs.toFixed(1)} µs, bare SDK ${bareUs.toFixed(1)} µs: ${(oursUs / bareUs).toFixed(2)} times`;
}

async function microsecondsOf(way: () => Promise<string>): Promise<number> {
  const before = process.cpuUsage();
  const text = await way();
  const { user, system } = process.cpuUsage(before);
  if (text.length !== FRAMES * 4) throw new Error(`${text.length} characters came, not ${FRAMES * 4}`);
  return (user + system) / FRAMES;
}

async function connections(server: FrameServer, wire: WireName, ours: () => Promise<string>): Promise<string> {
  await server.answerWith({ wire, frames: 3 });
  const before = await server.connections();
  for (let call = 0; call < CALLS; call += 1) await ours();
  return `${(await server.connections()) - before} connections`;
}
