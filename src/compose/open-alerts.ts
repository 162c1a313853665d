import { AlertRounds, SWEEP_ENDED } from '../alerts/alert-rounds.js';
import { AlertWebhook } from '../alerts/alert-webhook.js';
import { TallyTeller } from '../alerts/tally-teller.js';
import { hostRuleOf } from '../core/web-hosts.js';
import { openWebAccess } from '../http/open-web-access.js';
import type { SweepParts } from '../reconcile/sweep.js';
import type { Storage } from '../storage/storage.js';
import { SERVING } from './observe-storage.js';
import { ReadNowAndThen } from './read-now-and-then.js';
import type { ProcessParts } from './run-process.js';

/** Of a window, the part after which somebody looks. */
const LOOKS = 30;
const [SHORTEST_MS, LONGEST_MS] = [500, 10_000];

/** Has this process tell all others what alerts are made of. Once in a process, before what counts. */
export function tellTallies(parts: ProcessParts, { alerts }: Pick<Storage, 'alerts'>): void {
  const { config, logger, resources, telemetry } = parts;
  const teller = new TallyTeller({ counted: telemetry.metrics.counted, alerts, logger });
  const timer = setInterval(() => {
    void teller.tell();
  }, lookEveryMs(config.alerts.windowSeconds));
  timer.unref();
  resources.add('what alerts are made of', async () => {
    clearInterval(timer);
    await teller.tell();
  });
}

/** Has this process take its turn in looking for what is wrong, and in telling it. Gives what the sweep has to do with that. */
export async function openAlerts(
  parts: ProcessParts,
  storage: Storage,
): Promise<Pick<SweepParts, 'alertWindowSeconds'> & { readonly onRound: () => void }> {
  const { config, logger, resources } = parts;
  const { windowSeconds, thresholds } = config.alerts;
  const everyMs = lookEveryMs(windowSeconds);
  const webhook = openWebhook(parts, storage);
  await webhook?.begin();
  const places = new ReadNowAndThen(() => storage.tokens.countActive(), SERVING);
  const rounds = new AlertRounds({
    storage,
    countActive: () => places.value(),
    ...{ windowSeconds, thresholds, everyMs, logger },
    sweepIntervalMs: config.cleanupIntervalSeconds * 1000,
    ...(webhook === undefined ? {} : { wantsMessages: () => webhook.wantsMessages() }),
    now: () => new Date().toISOString(),
  });
  const timer = setInterval(() => {
    // A receiver that takes its time does not hold up the next round.
    void rounds.round().then(() => webhook?.deliver());
  }, everyMs);
  timer.unref();
  resources.add('the alerts', async () => {
    clearInterval(timer);
    await webhook?.close();
  });
  const onRound = () => {
    storage.alerts.mark(SWEEP_ENDED).catch((error: unknown) => {
      logger.warn({ err: error }, 'it could not be noted that a round of the sweep has ended; the next one is');
    });
  };
  return { alertWindowSeconds: windowSeconds, onRound };
}

/** The address is of whoever runs this process: it may be within their network, at exactly that host and port. */
function openWebhook({ config, logger, resources }: ProcessParts, { alerts }: Storage): AlertWebhook | undefined {
  const { webhook } = config.alerts;
  if (webhook === undefined) return undefined;
  const hosts = [hostRuleOf(new URL(webhook.url))];
  const web = openWebAccess({ hosts, privateHosts: hosts });
  resources.add('the connections to ALERT_WEBHOOK_URL', () => web.close());
  return new AlertWebhook({ alerts, web, ...webhook, logger, now: () => Date.now() });
}

function lookEveryMs(windowSeconds: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (windowSeconds * 1000) / LOOKS));
}
