import type { Facts } from './decision.js';
import { isEndPlace, type WorkflowDefinition } from '../definitions/definition.js';
import type { JsonObject } from '../json/json.js';
import type { Token } from '../tokens/token.js';

interface TokenSeed {
  readonly id: string;
  readonly initialPlace?: string;
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
}

/** The token as it is created: version 1, in its initial place; complete at once where nothing leads out of that. */
export function newToken(definition: WorkflowDefinition, seed: TokenSeed, facts: Facts): Token {
  const place = seed.initialPlace ?? definition.initialPlace;
  return {
    id: seed.id,
    workflowId: definition.id,
    workflowVersion: definition.version,
    place,
    status: isEndPlace(definition, place) ? 'COMPLETED' : 'ACTIVE',
    data: seed.data ?? {},
    metadata: seed.metadata ?? {},
    version: 1,
    transitionCount: 0,
    history: [],
    createdAt: facts.now,
    updatedAt: facts.now,
    executionCount: 0,
    automaticSteps: 0,
    placeAgentRuns: {},
  };
}
