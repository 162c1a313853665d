import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { SILENT_WORKER_MS } from '../core/agents/tool-server.js';
import { storableJson } from '../core/json/well-formed-text.js';
import type { ToolOffer } from '../core/agents/tool-offer.js';
import { offersOf } from '../tools/tool-offers.js';
import type { Storage } from '../storage/storage.js';
import type { ProcessParts } from './run-process.js';
import type { WorkerTools } from './worker-tools.js';

const RENEW_EVERY_MS = 10 * 60_000;
const SERVERS_EVERY_MS = 60_000;
/** Long enough for any pause of the workers in which agents are still to be saved. */
const REMEMBER_MS = 24 * 60 * 60_000;

const rfc3339 = (ms: number) => new Date(ms).toISOString();

/**
 * Records what this worker offers, and how its MCP servers are, again whenever that changes, and renews it while it runs. What
 * nobody has offered for a day is forgotten; what an MCP server no longer has on any worker, at once. The servers are started here, and nobody
 * waits for them.
 */
export async function offerTools(
  { resources, logger }: Pick<ProcessParts, 'resources' | 'logger'>,
  tools: WorkerTools,
  storage: Pick<Storage, 'tools'>,
) {
  const worker = randomUUID();
  const others = new OtherOffers((tool) => {
    logger.warn(
      { tool },
      'another worker offers this tool otherwise: models are told of the one that was recorded last',
    );
  });
  const keepServers = (at: number) =>
    storage.tools.keepServers({
      ...{ worker, servers: tools.servers, at: rfc3339(at), forgetBefore: rfc3339(Date.now() - REMEMBER_MS) },
    });
  const offer = async () => {
    const now = Date.now();
    const offers = offersOf(tools);
    others.compare(await storage.tools.offers());
    await storage.tools.offer(offers, rfc3339(now), rfc3339(now - REMEMBER_MS));
    others.recorded(offers);
    await keepServers(now);
    await withdrawGone(tools, storage, worker);
  };
  await offer();
  const offerAgain = oneAtATime(() =>
    offer().catch((error: unknown) => {
      logger.warn({ err: error }, 'what this worker offers could not be recorded; it will be tried again');
    }),
  );
  const timer = setInterval(offerAgain, RENEW_EVERY_MS);
  timer.unref();
  const serversAgain = () => {
    if (tools.servers.length > 0) void keepServers(Date.now()).catch(() => undefined);
  };
  const serversTimer = setInterval(serversAgain, SERVERS_EVERY_MS);
  serversTimer.unref();
  resources.add('the offer of tools', async () => {
    clearInterval(timer);
    clearInterval(serversTimer);
    // As long ago as if it had been silent: it counts no more, and what it knew is known where nobody knows better.
    if (tools.servers.length > 0) await keepServers(Date.now() - SILENT_WORKER_MS);
  });
  tools.begin(offerAgain);
}

/** Finds what other workers have recorded over what this one has: each tool is told of once. */
class OtherOffers {
  readonly #onFound: (tool: string) => void;
  readonly #told = new Set<string>();
  #own: ReadonlyMap<string, unknown> = new Map();

  constructor(onFound: (tool: string) => void) {
    this.#onFound = onFound;
  }

  recorded(offers: readonly ToolOffer[]): void {
    this.#own = new Map(offers.map((offer) => [offer.name, JSON.parse(storableJson(offer)) as unknown]));
  }

  compare(stored: readonly ToolOffer[]): void {
    for (const offer of stored) {
      const own = this.#own.get(offer.name);
      if (own === undefined || this.#told.has(offer.name) || isDeepStrictEqual(own, offer)) continue;
      this.#told.add(offer.name);
      this.#onFound(offer.name);
    }
  }
}

/** Of the servers that work, which know what they have. Another worker may have what this one has not: a newer program, perhaps. */
async function withdrawGone(tools: WorkerTools, storage: Pick<Storage, 'tools'>, worker: string): Promise<void> {
  const working = tools.servers.filter(({ works }) => works);
  if (working.length === 0) return;
  const [offered, seen] = await Promise.all([storage.tools.offers(), storage.tools.servers()]);
  const since = rfc3339(Date.now() - SILENT_WORKER_MS);
  const others = seen.filter((one) => one.worker !== worker && one.seenAt > since);
  const elsewhere = new Set(others.flatMap(({ server }) => server.tools.map(({ name }) => name)));
  const gone = offered.filter(
    ({ name }) =>
      working.some((server) => name.startsWith(`mcp/${server.name}/`)) &&
      tools.get(name) === undefined &&
      !elsewhere.has(name),
  );
  if (gone.length > 0) await storage.tools.withdraw(gone.map(({ name }) => name));
}

/** What is asked for while it is being done is done once more afterwards. */
function oneAtATime(work: () => Promise<void>): () => void {
  let doing: Promise<void> | undefined;
  let isDue = false;
  const run = () => {
    isDue = false;
    doing = work().finally(() => {
      doing = undefined;
      if (isDue) run();
    });
  };
  return () => {
    isDue = true;
    if (doing === undefined) run();
  };
}
