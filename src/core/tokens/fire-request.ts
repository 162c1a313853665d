import type { JsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { present, readMessage } from '../json/read-message.js';

import { MAX_ID_LENGTH } from '../ids.js';

const MAX_KEY_LENGTH = 200;

/** The ask that a token take a transition. */
export interface FireRequest {
  readonly transitionId: string;
  /** JSON Merge Patch on the token's data, kept when the transition is taken. */
  readonly data?: JsonObject;
  readonly idempotencyKey?: string;
  readonly expectedVersion?: number;
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
      }),
    };
  });
}
