import {
  CancellationScope,
  condition,
  patched,
  upsertSearchAttributes,
  workflowInfo,
  type ActivateInput,
  type Next,
  type WorkflowInfo,
  type WorkflowInterceptorsFactory,
  type WorkflowInternalsInterceptor,
} from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

import { interruption, TASK_GIVEN_AGAIN, TASK_GIVEN_AGAIN_TYPE } from '../contract/failures.js';
import { searchAttributes } from '../contract/search-attributes.js';
import { ofEachRun } from './of-each-run.js';

/**
 * What arrives at a workflow is taken in turn: what one workflow task has brought, the ends of the quick tries (local activities)
 * that follow from it, and only then what the next task has brought. Temporal alone does not keep that order:
 *
 * (a) A query completes a task while a try is under way. The workflow hears of the try's end behind what the next task brings, and
 *     before it in a replay. So what the next task brings waits for it, and an update, which cannot wait, is rejected.
 * (b) Temporal's server fails a task while a try is under way, and the same run is given the next one. A replay knows nothing of the
 *     failed task and takes both for one. So the workflow fails the next one, too: it is replayed, and both are one.
 */

type Activate = Next<WorkflowInternalsInterceptor, 'activate'>;
type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

/** What one workflow task has brought. */
interface Turn {
  readonly jobs: readonly Job[];
  readonly now: number;
  readonly info: Pick<WorkflowInfo, 'historyLength' | 'historySize' | 'continueAsNewSuggested'>;
  readonly take: (jobs: readonly Job[]) => void;
}

/** What follows at once from something is through in one or two: a timer after a change, an answer after its record. */
const ROUNDS = 5;
/** The id of a query that has a task of its own, which completes no other one. */
const QUERY_WITHOUT_TASK = 'legacy_query';

/** Fails the workflow task. It is no fault of anybody's: so it says why, and not where. */
function lostTask(): Error {
  const error = new Error(TASK_GIVEN_AGAIN);
  error.name = TASK_GIVEN_AGAIN_TYPE;
  error.stack = error.message;
  return error;
}

class Turns {
  /** False for a run that began before there were turns: it takes everything at once, and replays so. */
  areTaken = false;
  /** Undefined: what is taken has come with the activation, whose time and facts hold. */
  #turn: Turn | undefined;
  /** Whether the turn has left an event: a task without becomes one with the next, in a replay. */
  hasEvent = true;
  #tries = 0;
  readonly #held: Turn[] = [];
  /** Whether the history has the last task that brought something: then nothing of it can be lost. */
  #isKept = true;
  /** Where in the history the task is that was given last. */
  #at = 0;
  #isReleasing = false;
  #isOver = false;
  isInterrupted = false;

  activate(input: ActivateInput, next: Activate): void {
    const { jobs: all, isReplaying } = input.activation;
    const jobs = all ?? [];
    if (!this.areTaken) {
      // Also the task in which the workflow begins, and says whether it takes turns.
      this.#turn = turnOf(jobs, () => undefined);
      this.#at = workflowInfo().historyLength;
      this.#isKept = isReplaying === true;
      next(input);
    } else if (jobs.some(({ queryWorkflow }) => queryWorkflow != null)) {
      this.#isKept ||= jobs.some(({ queryWorkflow }) => queryWorkflow?.queryId !== QUERY_WITHOUT_TASK);
      next(input);
    } else {
      this.#takeOrHold(input, next);
    }
  }

  #takeOrHold(input: ActivateInput, next: Activate): void {
    // In a replay it may be over a task earlier, and the history has nothing of what this one has brought.
    if (this.#isOver) return;
    const { activation } = input;
    const { historyLength } = workflowInfo();
    const [arrived, ends] = parted(activation.jobs ?? []);
    // A task in which all was rejected leaves nothing: the next one that has updates only is at the same place. Updates begin a task.
    const isSameTask = historyLength === this.#at && !arrived.some(({ doUpdate }) => doUpdate != null);
    this.#at = historyLength;
    const take = (jobs: readonly Job[]) => {
      next({ ...input, activation: { ...activation, jobs: [...jobs] } });
    };
    if (isSameTask || arrived.length === 0) {
      this.#enter(this.#turn);
      void this.#takeInOrder(arrived, ends, take);
      return;
    }
    const turn: Turn = turnOf(arrived, take);
    const isLive = activation.isReplaying !== true;
    if (this.#tries === 0) {
      this.#begin(turn);
      take(arrived);
    } else {
      if (isLive && (!this.#isKept || this.#isUncertain(turn, ends))) throw lostTask();
      this.#hold(turn);
      void this.#takeInOrder([], ends, take);
    }
    this.#isKept = !isLive;
  }

  /** What follows at once from what a task has asked for, as the end of an activity that it cancels, comes before the ends of its tries. */
  async #takeInOrder(
    arrived: readonly Job[],
    ends: readonly Job[],
    take: (jobs: readonly Job[]) => void,
  ): Promise<void> {
    if (arrived.length > 0) take(arrived);
    if (ends.length === 0) return;
    if (arrived.length > 0) await settled();
    take(ends);
    await this.#release();
  }

  /** Updates that are yet to be judged do not wait: they are rejected, which leaves nothing behind. */
  #hold(turn: Turn): void {
    const [judged, waiting] = [turn.jobs.filter(isToBeJudged), turn.jobs.filter((job) => !isToBeJudged(job))];
    this.#enter(this.#turn);
    this.isInterrupted = true;
    try {
      if (judged.length > 0) turn.take(judged);
    } finally {
      this.isInterrupted = false;
    }
    if (waiting.length === 0) return;
    const [first] = this.#held;
    const { continueAsNewSuggested } = (first ?? turn).info;
    // In a replay a task behind one that waits may be one with the task behind it.
    this.#held.push({ ...turn, jobs: waiting, info: { ...turn.info, continueAsNewSuggested } });
  }

  /** The try may have ended in the task before or in this one: in a replay it would be behind another suggestion. */
  #isUncertain(turn: Turn, ends: readonly Job[]): boolean {
    const [first] = this.#held;
    if (first === undefined || ends.length === 0) return false;
    return first.info.continueAsNewSuggested !== turn.info.continueAsNewSuggested;
  }

  #begin(turn: Turn): void {
    this.#turn = turn;
    this.hasEvent = false;
    this.#enter(turn);
  }

  /** Lets the turn's time and facts be seen, whenever the rest of it comes. */
  #enter(turn: Turn | undefined): void {
    if (turn === undefined) return;
    const activator = getActivator();
    activator.now = turn.now;
    activator.mutateWorkflowInfo((info) => ({ ...info, ...turn.info }));
  }

  tryBegins(): void {
    if (!this.hasEvent) this.#leaveEvent();
    this.#tries += 1;
  }

  #leaveEvent(): void {
    const value = workflowInfo().typedSearchAttributes.get(searchAttributes.status);
    if (value !== undefined) upsertSearchAttributes([{ key: searchAttributes.status, value }]);
    this.hasEvent = true;
  }

  tryEnded(): void {
    this.#tries -= 1;
  }

  end(): void {
    this.#isOver = true;
  }

  async #release(): Promise<void> {
    if (this.#isReleasing || this.#held.length === 0) return;
    this.#isReleasing = true;
    await settled();
    while (this.#tries === 0 && !this.#isOver) {
      const turn = this.#held.shift();
      if (turn === undefined) break;
      this.#begin(turn);
      turn.take(turn.jobs);
      await settled();
    }
    this.#isReleasing = false;
  }
}

const turnsOfRun = ofEachRun(() => new Turns());

/**
 * Whether a change of this program that came before turns holds for this run. One that takes turns has them all, and need not ask: what
 * is asked behind the end of a try may be asked earlier in a replay than the history says it. A later change is asked for where turns are.
 */
export function knows(change: string): boolean {
  return turnsOfRun().areTaken || patched(change);
}

/** To be told when something is asked of Temporal that leaves an event. */
export function noteEvent(): void {
  turnsOfRun().hasEvent = true;
}

/** Whether what arrives at this run is taken in turn. */
export function takesTurns(): boolean {
  return turnsOfRun().areTaken;
}

export const interceptors: WorkflowInterceptorsFactory = () => {
  const turns = turnsOfRun();
  return {
    internals: [
      {
        activate: (input, next) => {
          turns.activate(input, next);
        },
      },
    ],
    inbound: [
      {
        execute: (input, next) => {
          // Histories of before say nothing, and replay as they were.
          turns.areTaken = patched('takes-turns');
          const result = next(input);
          const end = () => {
            turns.end();
          };
          void result.then(end, end);
          return result;
        },
        validateUpdate: (input, next) => {
          if (turns.isInterrupted) throw interruption();
          next(input);
        },
        handleUpdate: (input, next) => {
          // That it is accepted is an event.
          turns.hasEvent = true;
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleLocalActivity: (input, next) => {
          turns.tryBegins();
          const result = next(input);
          const end = () => {
            turns.tryEnded();
          };
          // Beside it, not around it: what follows from its end comes no later for that.
          void result.then(end, end);
          return result;
        },
      },
    ],
  };
};

function turnOf(jobs: readonly Job[], take: Turn['take']): Turn {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return { jobs, now: getActivator().now, info: { historyLength, historySize, continueAsNewSuggested }, take };
}

/** What has arrived, and ends of local activities. */
function parted(jobs: readonly Job[]): readonly [readonly Job[], readonly Job[]] {
  const isEnd = ({ resolveActivity }: Job) => resolveActivity?.isLocal === true;
  return [jobs.filter((job) => !isEnd(job)), jobs.filter(isEnd)];
}

function isToBeJudged({ doUpdate }: Job): boolean {
  return doUpdate?.runValidator === true;
}

/** Resolves when all that follows at once from what has happened is scheduled. */
async function settled(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.resolve();
    await CancellationScope.nonCancellable(nextRound);
  }
}

/** The SDK looks at conditions when nothing else can go on: at the second look all that the first has found has gone on. */
async function nextRound(): Promise<void> {
  let wasAsked = false;
  await condition(() => {
    const isSecond = wasAsked;
    wasAsked = true;
    return isSecond;
  });
}
