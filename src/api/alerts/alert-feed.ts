import type { Alert } from '../../core/alerts/alert.js';
import type { AlertStore } from '../../storage/alert-store.js';

export interface AlertFeedOptions {
  readonly alerts: Pick<AlertStore, 'listNow'>;
  readonly logger: { warn(facts: object, message: string): void };
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

export interface AlertListener {
  take(alert: Alert): void;
  /** The process goes away. */
  end(): void;
}

const LOOK_EVERY_MS = 1000;
/** Storage may be away for so long without anything being missed. */
const LOOK_BACK_MS = 600_000;

/** Looks once a second for the whole process, while somebody listens, which alerts have fired and which are over, wherever that was found out. */
export class AlertFeed {
  readonly #options: AlertFeedOptions;
  readonly #listeners = new Set<AlertListener>();
  /** By id, whether it was open when somebody looked last. */
  #known: ReadonlyMap<string, boolean> | undefined;
  #begun: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: AlertFeedOptions) {
    this.#options = options;
  }

  /** Resolves when every change from then on will be handed over. Leave with what it gives. */
  async listen(listener: AlertListener): Promise<() => void> {
    this.#listeners.add(listener);
    const leave = () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
    try {
      this.#begun ??= this.#begin();
      await this.#begun;
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  shutdown(): void {
    for (const listener of [...this.#listeners]) listener.end();
    this.#listeners.clear();
    this.#end();
  }

  async #begin(): Promise<void> {
    this.#known = openById(await this.#now());
    if (this.#listeners.size === 0) {
      this.#end();
      return;
    }
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#known = undefined;
    this.#begun = undefined;
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const begun = this.#begun;
    try {
      const found = await this.#now();
      // Everybody has left meanwhile, and others may have come.
      if (this.#begun !== begun || this.#known === undefined) return;
      const known = this.#known;
      this.#known = openById(found);
      for (const alert of found) {
        if (known.get(alert.id) !== (alert.endedAt === undefined)) this.#handOver(alert);
      }
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'alerts could not be read; the next look tries again');
    } finally {
      this.#isLooking = false;
    }
  }

  #handOver(alert: Alert): void {
    for (const listener of [...this.#listeners]) listener.take(alert);
  }

  async #now(): Promise<readonly Alert[]> {
    const { alerts, now } = this.#options;
    return await alerts.listNow({ endedSince: new Date(now() - LOOK_BACK_MS).toISOString() });
  }
}

function openById(alerts: readonly Alert[]): ReadonlyMap<string, boolean> {
  return new Map(alerts.map(({ id, endedAt }) => [id, endedAt === undefined]));
}
