import { randomUUID } from 'node:crypto';

import type { Tally } from '../core/alerts/tally.js';
import type { AlertStore, ToldTally } from '../storage/alert-store.js';

interface TellerParts {
  /** What was counted since it was taken last. */
  readonly counted: { take(): Tally | undefined };
  readonly alerts: Pick<AlertStore, 'tell'>;
  readonly logger: { warn(facts: object, message: string): void };
}

/**
 * Tells all processes what this one has counted. What storage did not take, or may have taken, is told again under the same number, so that nothing
 * is lost or counted twice while the process lives; one that is killed loses what it counted since.
 */
export class TallyTeller {
  readonly #parts: TellerParts;
  readonly #processId = randomUUID();
  #number = 0;
  #untold: ToldTally | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: TellerParts) {
    this.#parts = parts;
  }

  /** Never throws: what cannot be told is told with the next. */
  async tell(): Promise<void> {
    this.#running ??= this.#tellNow()
      .catch((error: unknown) => {
        this.#parts.logger.warn({ err: error }, 'what alerts are made of could not be told; it is told later');
      })
      .finally(() => {
        this.#running = undefined;
      });
    await this.#running;
  }

  async #tellNow(): Promise<void> {
    if (this.#untold !== undefined) await this.#parts.alerts.tell(this.#untold);
    this.#untold = undefined;
    const tally = this.#parts.counted.take();
    if (tally === undefined) return;
    this.#number += 1;
    this.#untold = { processId: this.#processId, number: this.#number, tally };
    await this.#parts.alerts.tell(this.#untold);
    this.#untold = undefined;
  }
}
