import { workflowInfo } from '@temporalio/workflow';

import { knows } from './turns.js';

/**
 * When a run of a long life ends, so that the next one goes on: Temporal suggests it when the history has grown long.
 *
 * A run may only end with an event of its history, when all that came with it is taken. The end of a local activity is none: a
 * query can part it from its workflow task, so that it comes after the messages of the next task, and before them in a replay,
 * which would end the run without them. So when an end is due, nothing is decided by the ends of local activities any more.
 */
export class RunEnd {
  #due: 'no' | 'as-before' | 'through-history' = 'no';

  /**
   * Notes what Temporal suggests; true where an end has become due by it. Everything goes through the history from then on. To
   * be called with events of the history alone: messages, timers, ends of children.
   */
  noteWhetherDue(): boolean {
    if (this.#due !== 'no' || !workflowInfo().continueAsNewSuggested) return false;
    // Histories of before say nothing, and replay as they were.
    this.#due = knows('run-ends-with-history') ? 'through-history' : 'as-before';
    return this.#due === 'through-history';
  }

  get isDue(): boolean {
    return this.#due === 'as-before' ? workflowInfo().continueAsNewSuggested : this.#due !== 'no';
  }
}
