import { defineSearchAttributeKey } from '@temporalio/common';

import { shortenedInBytes } from '../core/json/shortened.js';

/** The Keyword search attributes by which tokens and executions are found in the Temporal UI: wire format. */
export const searchAttributes = {
  workflow: defineSearchAttributeKey('CircuitBreakerWorkflow', 'KEYWORD'),
  place: defineSearchAttributeKey('CircuitBreakerPlace', 'KEYWORD'),
  agent: defineSearchAttributeKey('CircuitBreakerAgent', 'KEYWORD'),
  status: defineSearchAttributeKey('CircuitBreakerStatus', 'KEYWORD'),
};

/** Temporal ends a workflow that gives an attribute more than 2,048 bytes; no id of ours comes near. */
const MAX_BYTES = 1000;

/** What a search attribute says of an id, which a plain Temporal client may have made as long as it likes. */
export function searchValue(id: string): string {
  return shortenedInBytes(id, MAX_BYTES);
}
