import { log } from '@temporalio/workflow';

import { finalFailure } from '../contract/failures.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import {
  carriedFires,
  recallFire,
  rememberFire,
  type FireRecall,
  type IdempotentFires,
} from '../core/tokens/idempotent-fires.js';

/** The fires of a token that were accepted, by their idempotency keys. What was refused is forgotten: it may be asked again. */
export class KeyedFires {
  #accepted: IdempotentFires;

  constructor(carried: IdempotentFires = []) {
    this.#accepted = carried;
  }

  /** What a new run is to remember. */
  get carried(): IdempotentFires {
    return carriedFires(this.#accepted);
  }

  /** Throws IDEMPOTENCY_MISMATCH where the key was another fire's. */
  recall(request: FireRequest): Exclude<FireRecall, { type: 'mismatch' }> {
    const recalled = recallFire(this.#accepted, request);
    if (recalled.type !== 'mismatch') return recalled;
    const message = `The idempotency key "${request.idempotencyKey ?? ''}" was used for another fire; use a new key.`;
    throw finalFailure({ code: 'IDEMPOTENCY_MISMATCH', message });
  }

  /** For a signal, which cannot be answered: what is wrong with its key is a line in the log. */
  isNew(request: FireRequest): boolean {
    const { type } = recallFire(this.#accepted, request);
    if (type === 'mismatch') log.warn('Ignored a fireTransition signal', { reason: 'idempotency key of another fire' });
    return type === 'new';
  }

  accept(request: FireRequest, executionId: string | undefined): void {
    this.#accepted = rememberFire(this.#accepted, request, executionId);
  }
}
