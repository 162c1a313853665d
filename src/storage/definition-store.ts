import type { Agent } from '../core/agents/agent.js';
import type { StoredWorkflow } from './workflow-store.js';

/** New versions, each the next one of its id, and what goes. No id is there twice. */
export interface DefinitionChanges {
  readonly agents: readonly Agent[];
  readonly workflows: readonly StoredWorkflow[];
  readonly deletedAgents: readonly string[];
  /** Of those that were added by mutation. */
  readonly deletedPlaceAgents: readonly string[];
}

/** Saves many definitions together. */
export interface DefinitionStore {
  /**
   * Saves all of it, or nothing: whoever reads sees the definitions before or those after. Notes that the tokens of workflows whose
   * place agents go have to be told. False, and nothing is saved, where somebody else has stored one of these versions meanwhile.
   */
  save(changes: DefinitionChanges): Promise<boolean>;
}
