import { condition, patched } from '@temporalio/workflow';

import type { WorkflowVersion } from '../contract/activities.js';
import { finalCause } from '../contract/failures.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import { quickly, throughHistory } from './perform.js';
import { knows, takesTurns } from './turns.js';

/** Looks definitions up for a token that lives. Nothing is in a hurry here, and an end may be what the end of a run waits for. */
export class DefinitionLookups {
  /** How many were activities of the history. */
  #inHistory = 0;
  #begun = 0;
  #underWay = 0;
  #isWaitedFor = false;

  /** The definition of a version, with the place agents of its workflow as they are now. */
  // No promise of its own: what follows the end comes as soon as it did in the histories that there are.
  begin({ workflowId, workflowVersion }: WorkflowVersion): Promise<WorkflowDefinition> {
    const which = { workflowId, workflowVersion };
    if (knows('reloads-through-history')) return this.#throughHistory(which);
    this.#begun += 1;
    return quickly('reloadDefinition', which);
  }

  /** Does what follows word of other place agents, or of how far agents are brought in. */
  // No promise of its own, either. Asked as the word arrives, in its turn: histories of tokens whose fires wait for it say so.
  afterWord(work: () => Promise<void>): Promise<void> {
    this.#isWaitedFor ||= takesTurns() && patched('fires-behind-lookups');
    const over = () => {
      this.#underWay -= 1;
    };
    this.#underWay += 1;
    const done = work();
    void done.then(over, over);
    return done;
  }

  /** Whether there was such word, what follows has not happened yet, and fires wait for it. */
  get isBehind(): boolean {
    return this.#isWaitedFor && this.#underWay > 0;
  }

  /** Resolves when it has happened. */
  async caughtUp(): Promise<void> {
    await condition(() => !this.isBehind);
  }

  /**
   * The same of a version that the token does not have: once more where word of other place agents came meanwhile, since that looks
   * for the token's own. Throws NOT_FOUND.
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
