import type { DefinitionChanges, DefinitionStore } from '../definition-store.js';
import type { MemoryAgentStore } from './agents.js';
import type { MemoryPlaceAgentStore } from './place-agents.js';
import type { MemoryWorkflowStore } from './workflows.js';

interface Stores {
  readonly agents: MemoryAgentStore;
  readonly workflows: MemoryWorkflowStore;
  readonly placeAgents: MemoryPlaceAgentStore;
}

export class MemoryDefinitionStore implements DefinitionStore {
  readonly #stores: Stores;
  constructor(stores: Stores) {
    this.#stores = stores;
  }

  /** Nothing is awaited between its parts. */
  async save(changes: DefinitionChanges): Promise<boolean> {
    const { agents, workflows, placeAgents } = this.#stores;
    const isNext =
      changes.agents.every((agent) => agents.isNext(agent)) &&
      changes.workflows.every((stored) => workflows.isNext(stored));
    if (!isNext) return false;
    for (const agent of changes.agents) agents.put(agent);
    for (const stored of changes.workflows) workflows.put(stored);
    const deleted = [
      ...changes.deletedAgents.map((id) => agents.delete(id)),
      ...changes.deletedPlaceAgents.map((id) => placeAgents.delete(id)),
    ];
    await Promise.all(deleted);
    return true;
  }
}
