import { randomUUID } from 'node:crypto';

import type { PreparingAgentStore } from '../agent-storage.js';
import type { AgentsHome } from '../agents-home.js';
import type { DefinitionChanges, DefinitionStore } from '../definition-store.js';

/**
 * Saves agents in one server and workflows in another, all or nothing: agents are prepared, for nobody to see; the workflows are saved
 * together with the word that the batch is; then the agents are as prepared. That word is what readers go by, also of a batch whose
 * process died.
 */
export function definitionsInTwo(
  definitions: DefinitionStore,
  home: AgentsHome,
  agents: PreparingAgentStore,
): DefinitionStore {
  return {
    save: async (changes) => {
      if (changes.agents.length === 0 && changes.deletedAgents.length === 0) return await definitions.save(changes);
      const batch = randomUUID();
      if (!(await isSaved(batch, changes, { home, agents }))) return false;
      await agents
        .conclude(batch, changes)
        .then(
          () => home.forgetBatch(batch),
          // It is saved all the same: whoever comes across one of the agents makes it last.
        )
        .catch(() => undefined);
      return true;
    },
  };
}

interface Two {
  readonly home: AgentsHome;
  readonly agents: PreparingAgentStore;
}

async function isSaved(batch: string, changes: DefinitionChanges, { home, agents }: Two): Promise<boolean> {
  const { workflows, deletedPlaceAgents } = changes;
  try {
    if (!(await agents.prepare(batch, changes))) return false;
    if (await home.saveBatch(batch, { workflows, deletedPlaceAgents })) return true;
  } catch (error) {
    // An answer may have been lost. Where home cannot be asked either, those who want the agents next decide it.
    if ((await home.giveUp(batch).catch(() => undefined)) === 'saved') return true;
    await agents.conclude(batch, changes).catch(() => undefined);
    throw error;
  }
  await home.giveUp(batch);
  await agents.conclude(batch, changes);
  await home.forgetBatch(batch);
  return false;
}
