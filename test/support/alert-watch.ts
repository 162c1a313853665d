import { setTimeout as delay } from 'node:timers/promises';

import { eventually } from './eventually.js';
import type { TestPrometheus } from './prometheus.js';

const EVERY_MS = 200;

interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: { readonly alertname: string };
}

/** Sees which alerts fire, all the time. */
export class AlertWatch {
  readonly #prometheus: TestPrometheus;
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  #firing: ReadonlySet<string> = new Set();
  #all: readonly Alert[] = [];
  readonly #begun: string[] = [];

  constructor(prometheus: TestPrometheus) {
    this.#prometheus = prometheus;
    this.#watching = this.#watch();
  }

  /** Those that have begun to fire, in their order; one that was interrupted is there again. */
  get begun(): readonly string[] {
    return this.#begun;
  }

  /** Waits until an alert fires. */
  async firing(alert: string): Promise<void> {
    await eventually(() => {
      if (!this.#firing.has(alert)) throw new Error(`${alert} does not fire; ${[...this.#begun].join() || 'none'} did`);
    });
  }

  /** Waits until none fires, or is about to. */
  async silence(): Promise<void> {
    await eventually(() => {
      if (this.#all.length > 0) throw new Error(`not over: ${this.#all.map(({ labels }) => labels.alertname).join()}`);
    });
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const { alerts } = (await this.#prometheus.get('/api/v1/alerts')) as { alerts: readonly Alert[] };
      const firing = new Set(alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname));
      this.#begun.push(...[...firing].filter((name) => !this.#firing.has(name)));
      this.#firing = firing;
      this.#all = alerts;
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
