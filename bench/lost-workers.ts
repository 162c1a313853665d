import { setTimeout as delay } from 'node:timers/promises';

import { execution, settledToken } from '../test/support/api-client.js';
import { LONG_PROSE } from '../test/support/aimock-review.js';
import { Installation, Surroundings, write } from '../test/support/installation.js';
import { streamBackends } from '../test/support/stream-backends.js';
import { StreamViewer } from '../test/support/stream-viewer.js';
import { milliseconds, printRow } from './figures.js';

const CHUNKS = 40;
const KILLS = 20;
const LOOK_EVERY_MS = 2;

/**
 * From the kill of the worker that has an answer, at a random chunk, to the next call of the model, for each backend of streams: two workers,
 * a new one after each kill. Temporal by itself waits until a heartbeat is missed.
 */
export async function benchLostWorkers(kills = KILLS): Promise<void> {
  console.log(`\nA worker is killed in the middle of an answer: until the model is asked again (${kills} kills each)`);
  const surroundings = await Surroundings.start({ chunks: CHUNKS });
  try {
    for (const { name, start } of await streamBackends()) {
      const backend = await start();
      const here = await Installation.start(surroundings, name.toLowerCase(), { streamUrl: backend.url });
      const taken: number[] = [];
      let wrong = 0;
      for (let kill = 0; kill < kills; kill += 1) {
        const { untilNextCallMs, isWhole } = await killOne(here, surroundings, `${name} ${kill}.`);
        taken.push(untilNextCallMs);
        if (!isWhole) wrong += 1;
      }
      printRow(
        `streams on ${name}`,
        `${milliseconds(taken)}, ${Math.max(...taken).toFixed(0)} ms at most; ${wrong} wrong`,
      );
      await here.stop();
      await backend.stop();
    }
    printRow("Temporal's heartbeat timeout", '5000 ms');
  } finally {
    await surroundings.stop();
  }
}

interface Kill {
  readonly untilNextCallMs: number;
  /** Viewers read what is stored, and one attempt was lost. */
  readonly isWhole: boolean;
}

async function killOne(here: Installation, { prose }: Surroundings, topic: string): Promise<Kill> {
  const chunk = 1 + Math.floor(Math.random() * (CHUNKS - 1));
  const goOn = prose.hold(topic, chunk);
  const ids = await write(here.address, topic);
  const viewer = new StreamViewer();
  const watching = viewer.watch(here.address, ids.executionId);
  const caller = await here.callerOf(ids);
  while (viewer.text.length < chunk) await delay(LOOK_EVERY_MS);
  const killedAt = performance.now();
  const killing = caller.kill();
  while (prose.told(topic).asked < 2) await delay(LOOK_EVERY_MS);
  const untilNextCallMs = performance.now() - killedAt;
  await killing;
  goOn();
  here.workers.splice(here.workers.indexOf(caller), 1);
  await Promise.all([watching, here.startWorker()]);
  await settledToken(here.address, ids.tokenId);
  const { attempts, finalResponse } = await execution(here.address, ids.executionId);
  const outcomes = attempts.map(({ outcome }) => outcome).join();
  return {
    untilNextCallMs,
    isWhole: viewer.text === LONG_PROSE && finalResponse === LONG_PROSE && outcomes === 'lost,completed',
  };
}
