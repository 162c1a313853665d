import { defineSearchAttributeKey } from '@temporalio/common';

/** The Keyword search attributes by which tokens and executions are found in the Temporal UI: wire format. */
export const searchAttributes = {
  workflow: defineSearchAttributeKey('CircuitBreakerWorkflow', 'KEYWORD'),
  place: defineSearchAttributeKey('CircuitBreakerPlace', 'KEYWORD'),
  agent: defineSearchAttributeKey('CircuitBreakerAgent', 'KEYWORD'),
  status: defineSearchAttributeKey('CircuitBreakerStatus', 'KEYWORD'),
};
