import type { JsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { present, readMessage } from '../json/read-message.js';

/** The ask that a token's data or metadata change: JSON Merge Patches. */
export interface UpdateRequest {
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
  readonly expectedVersion?: number;
}

/** Reads an update from a message that anybody may have sent. */
export function parseUpdateRequest(message: unknown): Parsed<UpdateRequest> {
  return readMessage(message, (fields) => {
    if (!fields.has('data') && !fields.has('metadata')) fields.refuse('', 'an update must have data or metadata');
    return present({
      data: fields.object('data'),
      metadata: fields.object('metadata'),
      expectedVersion: fields.wholeNumber('expectedVersion'),
    });
  });
}
