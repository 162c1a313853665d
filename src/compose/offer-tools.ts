import { offersOf } from '../tools/tool-offers.js';
import type { ToolRegistry } from '../tools/tool.js';
import type { Storage } from '../storage/storage.js';
import type { ProcessParts } from './run-process.js';

const RENEW_EVERY_MS = 10 * 60_000;
/** Long enough for any pause of the workers in which agents are still to be saved. */
const REMEMBER_MS = 24 * 60 * 60_000;

const rfc3339 = (ms: number) => new Date(ms).toISOString();

/** Records what this worker offers, and renews that while it runs. What nobody has offered for a day is forgotten. */
export async function offerTools({ resources, logger }: ProcessParts, tools: ToolRegistry, storage: Storage) {
  const offer = async () => {
    const now = Date.now();
    await storage.tools.offer(offersOf(tools), rfc3339(now), rfc3339(now - REMEMBER_MS));
  };
  await offer();
  const timer = setInterval(() => {
    offer().catch((error: unknown) => {
      logger.warn({ err: error }, 'what this worker offers could not be renewed; it will be tried again');
    });
  }, RENEW_EVERY_MS);
  timer.unref();
  resources.add('the offer of tools', () => {
    clearInterval(timer);
  });
}
