import { MAX_ID_LENGTH } from '../ids.js';
import type { JsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { present, readMessage } from '../json/read-message.js';

/** The argument of `tokenLifecycle`: a stored workflow by id, or a definition given inline. */
export interface TokenStart {
  readonly workflowId?: string;
  /** Absent: the newest. */
  readonly workflowVersion?: number;
  /** Fields of `WorkflowDefinitionInput`. */
  readonly definition?: JsonObject;
  /** Absent: the definition's. */
  readonly initialPlace?: string;
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
}

/** Reads the start of a token from a message that anybody may have sent. */
export function parseTokenStart(message: unknown): Parsed<TokenStart> {
  return readMessage(message, (fields) => {
    if (!fields.has('workflowId') && !fields.has('definition')) {
      fields.refuse('', 'either workflowId or definition is needed');
    }
    return present({
      workflowId: fields.text('workflowId', MAX_ID_LENGTH),
      workflowVersion: fields.wholeNumber('workflowVersion'),
      definition: fields.object('definition'),
      initialPlace: fields.text('initialPlace', MAX_ID_LENGTH),
      data: fields.object('data'),
      metadata: fields.object('metadata'),
    });
  });
}
