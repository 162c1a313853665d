import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

import { LivedLife, type LivedTask, type Play } from './lived-life.js';
import { bundledWorkflows } from './bundled-workflows.js';
import { PlayedRun } from './played-run.js';
import { replayTasks } from './replayed-tasks.js';

/**
 * Temporal's core and server as far as they decide when a Temporal workflow hears of the end of a local activity: as it happens, where
 * queries part workflow tasks, and where tasks are failed and workers lost, and in a replay of what is left of that. No server and no
 * clock: what is rare on a machine is common here.
 */

/** What became of a life. */
export interface Played {
  readonly tasks: readonly LivedTask[];
  /** How many tasks the workflow itself has failed. */
  readonly failed: number;
  /** With what the next run goes on, where there is one. */
  readonly continued: readonly unknown[] | undefined;
}

const ACTIVITIES = [
  ...['loadDefinition', 'reloadDefinition', 'recordToken', 'recordExecution', 'adoptExecution'],
  ...['prepareAgent', 'continueWithResults', 'continueConversation', 'recordApproval'],
  ...['invokeModel', 'runTool', 'checkArguments'],
];

/** Our workflows, to be played as often as one likes. */
export class PartedTasks {
  readonly #creator: ReusableVMWorkflowCreator;

  private constructor(creator: ReusableVMWorkflowCreator) {
    this.#creator = creator;
  }

  static async ofOurs(): Promise<PartedTasks> {
    const code = parseWorkflowCode((await bundledWorkflows()).code);
    return new PartedTasks(await ReusableVMWorkflowCreator.create(code, 10_000, new Set(ACTIVITIES)));
  }

  /** A run to which nothing has happened yet. */
  async begin(of: Pick<Play, 'workflowType' | 'workflowId'>): Promise<PlayedRun> {
    return await PlayedRun.begin(this.#creator, of);
  }

  /** Plays it as it happens and replays it. Rejects where the replay asks for something else, or a task fails again and again. */
  async playAndReplay(play: Play): Promise<Played> {
    const life = new LivedLife(play, () => this.begin(play));
    try {
      await life.live();
    } finally {
      await life.dispose();
    }
    const run = await this.begin(play);
    try {
      const { queue } = await replayTasks(run, play, life.tasks);
      if (queue.length > 0) throw new Error(`The replay asks for more: ${queue.join()}.`);
    } finally {
      await run.dispose();
    }
    return { tasks: life.tasks, failed: life.failed, continued: life.continued };
  }
}
