import { randomUUID } from 'node:crypto';

import { alertMessage } from '../core/alerts/alert-message.js';
import { mayHover, type Alert } from '../core/alerts/alert.js';
import { changedAlerts } from '../core/alerts/changed-alerts.js';
import { troublesIn, type AlertThresholds, type StoppedAgent } from '../core/alerts/judge-alerts.js';
import { countedWorkflow } from '../core/definitions/inline-workflow.js';
import type { KeptRollout } from '../storage/rollout-store.js';
import type { Storage } from '../storage/storage.js';
import type { PlaceCount } from '../storage/token-store.js';

export interface AlertRoundParts {
  readonly storage: Pick<Storage, 'alerts' | 'rollouts'>;
  /** Where active tokens are: it may be a little old. */
  readonly countActive: () => Promise<readonly PlaceCount[]>;
  readonly windowSeconds: number;
  readonly thresholds: AlertThresholds;
  /** How often all processes together look, and how often the sweep has a round. */
  readonly everyMs: number;
  readonly sweepIntervalMs: number;
  /** Whether anybody is to be told; absent: nobody is. */
  readonly wantsMessages?: () => Promise<boolean>;
  readonly logger: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
  /** RFC 3339. */
  readonly now: () => string;
}

const ROUND = 'round';
/** Since when somebody has looked without a pause. */
const WATCH = 'watch';
export const SWEEP_ENDED = 'sweep';
/** A pause in which nobody can have done anything. */
const PAUSE_MS = 60_000;
/** Whoever is turned off and left like that for longer is not wrong any more. */
const STOPPED_FOR_MS = 7 * 86_400_000;
const ENDED_KEPT_MS = 30 * 86_400_000;
const TOLD_KEPT_WINDOWS = 2;
/** In rounds of this process. */
const FORGETS_EVERY = 30;

/** Looks, again and again, at what all processes have counted, and notes which alerts fire and which are over. One process does so at a time. */
export class AlertRounds {
  readonly #parts: AlertRoundParts;
  readonly #id = randomUUID();
  #number = 0;
  #rounds = 0;
  #isCounting = true;
  #running: Promise<void> | undefined;

  constructor(parts: AlertRoundParts) {
    this.#parts = parts;
  }

  /** Never throws: what fails is logged, and left to the next round, of whichever process. */
  async round(): Promise<void> {
    this.#running ??= this.#inTurn()
      .catch((error: unknown) => {
        this.#parts.logger.warn(
          { err: error },
          'it could not be found out whether an alert is due; the next round tries again',
        );
      })
      .finally(() => {
        this.#running = undefined;
      });
    await this.#running;
  }

  async #inTurn(): Promise<void> {
    const { storage, everyMs } = this.#parts;
    const { alerts } = storage;
    const pauseMs = await alerts.ageOfMark(ROUND);
    // Before the round is: whoever dies in between leaves the pause to be seen by the next.
    if (pauseMs === undefined || pauseMs > Math.max(PAUSE_MS, 5 * everyMs)) await alerts.mark(WATCH);
    // A little earlier than asked for, or whoever comes a moment too soon would leave every second round out.
    if (!(await alerts.mark(ROUND, everyMs * 0.9))) return;
    this.#rounds += 1;
    await this.#tryToTellIncidents();
    try {
      await this.#change();
    } finally {
      if (this.#rounds % FORGETS_EVERY === 0) await this.#forget();
    }
  }

  /** All other alerts are found without it: one line says when it begins to fail. */
  async #tryToTellIncidents(): Promise<void> {
    try {
      await this.#tellIncidents();
      this.#isCounting = true;
    } catch (error) {
      const message = 'tokens that are stuck could not be counted: INCIDENTS_GROW waits until they can';
      if (this.#isCounting) this.#parts.logger.warn({ err: error }, message);
      this.#isCounting = false;
    }
  }

  async #tellIncidents(): Promise<void> {
    const incidents = new Map<string, number>();
    for (const { workflowId, incidents: count } of await this.#parts.countActive()) {
      // What is absent is none: most workflows have none, and each round has a row, which each round reads.
      const subject = countedWorkflow(workflowId);
      if (count > 0) incidents.set(subject, (incidents.get(subject) ?? 0) + count);
    }
    this.#number += 1;
    const tally = { incidents: Object.fromEntries(incidents) };
    await this.#parts.storage.alerts.tell({ processId: this.#id, number: this.#number, tally });
  }

  async #change(): Promise<void> {
    const { storage, thresholds, windowSeconds } = this.#parts;
    const now = this.#parts.now();
    const [tallies, open, sweepLateSeconds, stopped] = await Promise.all([
      storage.alerts.toldWithin(windowSeconds * 1000),
      storage.alerts.listNow(),
      this.#sweepLateSeconds(),
      storage.rollouts.listStopped(),
    ]);
    const recently = new Date(Date.parse(now) - STOPPED_FOR_MS).toISOString();
    const agents = stopped.filter(({ changedAt }) => changedAt >= recently).map(stoppedAgent);
    const troubles = troublesIn({ tallies, windowSeconds, sweepLateSeconds, stopped: agents, now }, thresholds);
    const { fired, over: notSo } = changedAlerts(open, troubles, now);
    const over = await this.#over(open, notSo);
    if (fired.length + over.length === 0) return;
    const isTold = (await this.#parts.wantsMessages?.()) ?? false;
    for (const trouble of fired) await this.#fire({ ...trouble, id: randomUUID(), since: now }, isTold);
    for (const alert of over) await this.#end({ ...alert, endedAt: now }, isTold);
  }

  /** Of those that are not so now, who has not been so for a whole window, whichever process looked meanwhile. */
  async #over(open: readonly Alert[], notSo: readonly Alert[]): Promise<readonly Alert[]> {
    const { alerts } = this.#parts.storage;
    const quiet = new Set(notSo.map(({ id }) => id));
    const isSo = open.filter((alert) => mayHover(alert) && !quiet.has(alert.id));
    await Promise.all(isSo.map((alert) => alerts.mark(soMark(alert))));
    const over = await Promise.all(
      notSo.map(async (alert) => (!mayHover(alert) || (await this.#isQuiet(alert)) ? [alert] : [])),
    );
    return over.flat();
  }

  async #isQuiet(alert: Alert): Promise<boolean> {
    const { storage, windowSeconds } = this.#parts;
    const quietMs = await storage.alerts.ageOfMark(soMark(alert));
    // Whoever fired it died before it was noted.
    if (quietMs === undefined) await storage.alerts.mark(soMark(alert));
    return quietMs !== undefined && quietMs > windowSeconds * 1000;
  }

  async #fire(alert: Alert, isTold: boolean): Promise<void> {
    const { storage, logger } = this.#parts;
    if (!(await storage.alerts.fire(alert, isTold ? alertMessage(alert) : undefined))) return;
    if (mayHover(alert)) await storage.alerts.mark(soMark(alert));
    const { id: alertId, name, subject, value, threshold, summary } = alert;
    logger.warn({ alertId, alert: name, subject, value, threshold }, `alert: ${summary}`);
  }

  async #end(alert: Alert, isTold: boolean): Promise<void> {
    const { storage, logger } = this.#parts;
    const isEnded = await storage.alerts.end(alert, isTold ? alertMessage(alert) : undefined);
    if (mayHover(alert)) await storage.alerts.unmark(soMark(alert));
    if (!isEnded) return;
    logger.info({ alertId: alert.id, alert: alert.name, subject: alert.subject }, `over: ${alert.summary}`);
  }

  /** Counted from when somebody began to look: while no process ran, none was late. */
  async #sweepLateSeconds(): Promise<number> {
    const { storage, sweepIntervalMs } = this.#parts;
    const [sinceEnd = Infinity, sinceWatch = 0] = await Promise.all([
      storage.alerts.ageOfMark(SWEEP_ENDED),
      storage.alerts.ageOfMark(WATCH),
    ]);
    return Math.max(0, Math.min(sinceEnd, sinceWatch) - sweepIntervalMs) / 1000;
  }

  async #forget(): Promise<void> {
    const { storage, windowSeconds, now } = this.#parts;
    const endedBefore = new Date(Date.parse(now()) - ENDED_KEPT_MS).toISOString();
    await storage.alerts.forget({ endedBefore, toldAgoMs: TOLD_KEPT_WINDOWS * windowSeconds * 1000 });
  }
}

/** When an alert was last found to be so. */
function soMark({ id }: Alert): string {
  return `so ${id}`;
}

function stoppedAgent({ workflowId, use, agentId, rollout }: KeptRollout): StoppedAgent {
  const { stoppedBecause: because = '', maxErrorRate = 0 } = rollout;
  const named = 'transitionId' in use ? use.transitionId : use.placeAgentId;
  return { workflowId, use: named, agentId, because, maxErrorRate };
}
