import type { WorkflowVersion } from '../contract/activities.js';
import { finalCause } from '../contract/failures.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { quickly, throughHistory } from './perform.js';
import { knows } from './turns.js';

/** Looks definitions up for a token that lives. Nothing is in a hurry here, and an end may be what the end of a run waits for. */
export class DefinitionLookups {
  /** How many were activities of the history. */
  #inHistory = 0;
  #begun = 0;

  /** The definition of a version, with the place agents and the rollouts of its workflow as they are now. */
  // No promise of its own: what follows the end comes as soon as it did in the histories that there are.
  begin({ workflowId, workflowVersion }: WorkflowVersion): Promise<WorkflowDefinition> {
    const which = { workflowId, workflowVersion };
    if (knows('reloads-through-history')) return this.#throughHistory(which);
    this.#begun += 1;
    return quickly('reloadDefinition', which);
  }

  /**
   * The same of a version that the token does not have: once more where word of other place agents or rollouts came meanwhile, since
   * that looks for the token's own. Throws NOT_FOUND.
   */
  async another(which: WorkflowVersion): Promise<WorkflowDefinition> {
    try {
      for (;;) {
        const number = this.#begun + 1;
        const definition = await this.#throughHistory(which);
        if (this.#begun === number) return definition;
      }
    } catch (error) {
      throw finalCause(error);
    }
  }

  #throughHistory(which: WorkflowVersion): Promise<WorkflowDefinition> {
    this.#begun += 1;
    return throughHistory('reloadDefinition', which, ++this.#inHistory);
  }
}
