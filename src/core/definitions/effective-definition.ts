import type { PlaceAgent, WorkflowDefinition } from './definition.js';

/**
 * A definition with the place agents that were added to its workflow since. One whose place this version does not have,
 * or whose id it gives to an agent of its own, is left out.
 */
export function effectiveDefinition(definition: WorkflowDefinition, added: readonly PlaceAgent[]): WorkflowDefinition {
  const own = new Set(definition.placeAgents.map(({ id }) => id));
  const fitting = added.filter(({ id, placeId }) => !own.has(id) && definition.places.includes(placeId));
  return fitting.length === 0 ? definition : { ...definition, placeAgents: [...definition.placeAgents, ...fitting] };
}
