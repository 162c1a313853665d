import { Installation, Surroundings } from '../test/support/installation.js';
import { streamBackends } from '../test/support/stream-backends.js';
import { killOneOfTwo } from '../test/support/worker-trials/killed-workers.js';
import { milliseconds, printRow } from './figures.js';

const CHUNKS = 40;
const KILLS = 20;

/**
 * From the kill of a worker, whose answers are each at a random chunk, to the next call of the model, for each backend of streams: two
 * workers, a new one after each kill. Temporal by itself waits until a heartbeat is missed.
 */
export async function benchLostWorkers(kills = KILLS): Promise<void> {
  console.log(`\nA worker is killed in the middle of answers: until the model is asked again (${kills} kills each)`);
  const surroundings = await Surroundings.start({ chunks: CHUNKS, inOtherWords: true });
  try {
    for (const { name, start } of await streamBackends()) {
      const backend = await start();
      const here = await Installation.start(surroundings, name.toLowerCase(), { streamUrl: backend.url });
      const place = { name, here, surroundings, random: Math.random };
      const taken: number[] = [];
      const wrong: string[] = [];
      for (let kill = 0; kill < kills; kill += 1) {
        const result = await killOneOfTwo(place, `${name} ${kill}`, CHUNKS);
        taken.push(...result.untilNextCallMs);
        wrong.push(...result.wrong);
      }
      const worst = Math.max(...taken).toFixed(0);
      printRow(`streams on ${name}`, `${milliseconds(taken)}, ${worst} ms at most; ${wrong.length} wrong`);
      await here.stop();
      await backend.stop();
    }
    printRow("Temporal's heartbeat timeout", '5000 ms');
  } finally {
    await surroundings.stop();
  }
}
