import type { JsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { present, readMessage } from '../json/read-message.js';

import { MAX_ID_LENGTH } from '../ids.js';

const MAX_KEY_LENGTH = 200;
/** As long as Temporal's own ids: the execution of a token may have the id of a plain client. */
const MAX_EXECUTION_ID_LENGTH = 1000;

/** The ask that a token take a transition. */
export interface FireRequest {
  readonly transitionId: string;
  /** JSON Merge Patch on the token's data, kept when the transition is taken. */
  readonly data?: JsonObject;
  readonly idempotencyKey?: string;
  readonly expectedVersion?: number;
  /** The run of an agent of the token's place that fires: the move's cause. It goes on when the token has left. */
  readonly executionId?: string;
}

/** Reads a fire from a message that anybody may have sent. */
export function parseFireRequest(message: unknown): Parsed<FireRequest> {
  return readMessage(message, (fields) => {
    const transitionId = fields.text('transitionId', MAX_ID_LENGTH);
    if (!fields.has('transitionId')) fields.refuse('transitionId', 'transitionId is missing');
    return {
      transitionId: transitionId ?? '',
      ...present({
        data: fields.object('data'),
        idempotencyKey: fields.text('idempotencyKey', MAX_KEY_LENGTH),
        expectedVersion: fields.wholeNumber('expectedVersion'),
        executionId: fields.text('executionId', MAX_EXECUTION_ID_LENGTH),
      }),
    };
  });
}
