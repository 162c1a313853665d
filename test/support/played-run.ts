import { defaultFailureConverter, defaultPayloadConverter, TypedSearchAttributes } from '@temporalio/common';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import type { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

/** A Temporal workflow in its sandbox, spoken to as Temporal's core does. */

export type Job = NonNullable<Parameters<Workflow['activate']>[0]['jobs']>[number];
type Command = NonNullable<NonNullable<Awaited<ReturnType<Workflow['activate']>>['successful']>['commands']>[number];

/** Something that was asked for and will end: which, as every run of the workflow knows it. */
export interface Asked {
  readonly key: string;
  readonly kind: 'local' | 'activity' | 'timer' | 'child' | 'cancellation';
  readonly type: string;
  /** Of an activity of the history: what it was given. */
  readonly argument?: unknown;
  /** Of a timer. */
  readonly afterMs?: number;
}

/** The end of something that was asked for, in words of no run. */
export interface Ending {
  readonly of: string;
  readonly job: (seq: number) => Job;
}

/** What a task brings: as it is, or an end. */
export type Brought = Job | Ending;

export interface ActivationFacts {
  readonly time: number;
  readonly historyLength: number;
  readonly isEndSuggested: boolean;
  readonly isReplaying: boolean;
}

export interface Answer {
  /** The words of a failure of the activation. */
  readonly failure?: string;
  readonly asked: readonly Asked[];
  readonly patches: readonly string[];
  /** Names of what leaves an event, in order. */
  readonly commands: readonly string[];
  /** What it has heard of at once: of activities that it gives up. */
  readonly atOnce: readonly Job[];
  readonly continued?: readonly unknown[];
}

const NOTHING: Answer = { asked: [], patches: [], commands: [], atOnce: [] };
const START = new Date(0);

export class PlayedRun {
  readonly #workflow: Workflow;
  readonly #runId: string;
  readonly #seqs = new Map<string, number>();
  readonly #keys = new Map<string, string>();
  /** Ends that the run was told of, or need not be told of any more. */
  readonly #over = new Set<string>();
  isClosed = false;

  private constructor(workflow: Workflow, runId: string) {
    this.#workflow = workflow;
    this.#runId = runId;
  }

  static async begin(
    creator: ReusableVMWorkflowCreator,
    { workflowType, workflowId }: { readonly workflowType: string; readonly workflowId: string },
  ): Promise<PlayedRun> {
    const runId = crypto.randomUUID();
    const info = {
      ...{ workflowType, workflowId, runId, firstExecutionRunId: 'first', attempt: 1, namespace: 'default' },
      ...{ taskQueue: 'queue', taskTimeoutMs: 10_000, startTime: START, runStartTime: START },
      ...{ historyLength: 0, historySize: 0, continueAsNewSuggested: false },
      ...{ searchAttributes: {}, typedSearchAttributes: new TypedSearchAttributes(), memo: {} },
      unsafe: { now: () => 0, isReplaying: false, isReplayingHistoryEvents: false },
    };
    const randomnessSeed = Array.from({ length: 8 }, () => 1);
    const options = { info, randomnessSeed, now: 0, showStackTraceSources: false };
    return new PlayedRun(await creator.createWorkflow(options as never), runId);
  }

  async query(): Promise<void> {
    const query = { queryWorkflow: { queryId: 'q', queryType: '__temporal_workflow_metadata' } };
    await this.#send([{ ...query, variant: 'queryWorkflow' }], {
      ...{ time: 0, historyLength: 0, isEndSuggested: false, isReplaying: true },
    });
  }

  async activate(jobs: readonly Job[], facts: ActivationFacts): Promise<Answer> {
    if (jobs.length === 0) return NOTHING;
    const { successful, failed } = await this.#send(jobs, facts);
    if (failed != null) return { ...NOTHING, failure: failed.failure?.message ?? 'An activation failed.' };
    const commands = successful?.commands ?? [];
    const asked = commands.flatMap((command) => this.#asked(command));
    const closing = commands.find(
      (one) =>
        one.completeWorkflowExecution ??
        one.failWorkflowExecution ??
        one.cancelWorkflowExecution ??
        one.continueAsNewWorkflowExecution,
    );
    this.isClosed ||= closing !== undefined;
    const continued = closing?.continueAsNewWorkflowExecution?.arguments;
    return {
      asked,
      patches: commands.flatMap(({ setPatchMarker }) => setPatchMarker?.patchId ?? []),
      commands: commands.flatMap((command) => this.#nameOf(command)),
      atOnce: commands.flatMap((command) => this.#atOnce(command)),
      ...(continued == null
        ? {}
        : { continued: continued.map((one) => defaultPayloadConverter.fromPayload(one as never)) }),
    };
  }

  async dispose(): Promise<void> {
    await this.#workflow.dispose();
  }

  /** The job that brings it to this run; none where the run has given it up. */
  jobsOf(brought: Brought): readonly Job[] {
    if (!('of' in brought)) return [brought];
    const seq = this.#seqs.get(brought.of);
    if (seq === undefined) throw new Error(`There is no ${brought.of} yet.`);
    if (this.#over.has(brought.of)) return [];
    const job = brought.job(seq);
    if (job.resolveChildWorkflowExecutionStart == null) this.#over.add(brought.of);
    return [job];
  }

  async #send(jobs: readonly Job[], { time, historyLength, isEndSuggested, isReplaying }: ActivationFacts) {
    const sent = { runId: this.#runId, isReplaying, jobs: [...jobs], historyLength };
    const told = { continueAsNewSuggested: isEndSuggested, availableInternalFlags: [1, 2, 3, 4, 5, 6] };
    const activation = { ...sent, ...told, timestamp: msToTs(time) };
    const answer = await this.#workflow.activate(activation);
    await this.#workflow.getAndResetSinkCalls();
    return answer;
  }

  #asked(command: Command): readonly Asked[] {
    const { scheduleLocalActivity: local, scheduleActivity: activity, startTimer: timer } = command;
    const { startChildWorkflowExecution: child, requestCancelExternalWorkflowExecution: cancellation } = command;
    if (local) return this.#known('local', local, { type: local.activityType ?? '' });
    if (activity) {
      const [first] = activity.arguments ?? [];
      const argument: unknown = first == null ? undefined : defaultPayloadConverter.fromPayload(first);
      return this.#known('activity', activity, {
        type: activity.activityType ?? '',
        id: activity.activityId,
        argument,
      });
    }
    if (timer) return this.#known('timer', timer, { afterMs: optionalTsToMs(timer.startToFireTimeout) ?? 0 });
    if (child) return this.#known('child', child, { id: child.workflowId });
    return cancellation ? this.#known('cancellation', cancellation, {}) : [];
  }

  #known(
    kind: Asked['kind'],
    { seq }: { readonly seq?: number | null },
    {
      id,
      ...more
    }: {
      readonly id?: string | null | undefined;
      readonly type?: string;
      readonly afterMs?: number;
      readonly argument?: unknown;
    },
  ): readonly Asked[] {
    const key = `${kind} ${id ?? String(seq)}`;
    this.#seqs.set(key, seq ?? 0);
    this.#keys.set(`${kind} ${String(seq)}`, key);
    return [{ key, kind, type: '', ...more }];
  }

  /** What Temporal compares of a command, and what tells it from others of its kind; none where it leaves no event. */
  #nameOf(command: Command): readonly string[] {
    if (command.scheduleLocalActivity ?? command.requestCancelLocalActivity) return [];
    if (command.cancelTimer) return this.#gaveUp(`timer ${String(command.cancelTimer.seq)}`, 'cancelTimer');
    if (command.requestCancelActivity) {
      const key = this.#keys.get(`activity ${String(command.requestCancelActivity.seq)}`) ?? '';
      return this.#gaveUp(key, 'requestCancelActivity');
    }
    const [asked] = this.#asked(command);
    if (asked !== undefined) return [`${asked.kind} ${asked.key}`];
    const isBody = ([key, value]: [string, unknown]) =>
      key !== 'userMetadata' && typeof value === 'object' && value !== null;
    const [name = '', body = {}] = Object.entries(command).find(isBody) ?? [];
    const said = new Map<string, unknown>(Object.entries(body as object));
    const kind = ['accepted', 'rejected', 'completed'].filter((one) => said.get(one) != null);
    const which = ['protocolInstanceId', 'workflowId', 'patchId'].flatMap((one) => said.get(one) ?? []);
    return [[name, ...kind, ...which].map(String).join(' ')];
  }

  /** Core says nothing to the server of what has ended, or was given up before. */
  #gaveUp(key: string, name: string): readonly string[] {
    if (this.#over.has(key)) return [];
    this.#over.add(key);
    return [`${name} ${key}`];
  }

  /** Core tells at once that an activity is cancelled for which nobody waits any more. */
  #atOnce({ requestCancelActivity }: Command): readonly Job[] {
    if (requestCancelActivity?.seq == null) return [];
    const failure = { message: 'cancelled', canceledFailureInfo: {}, source: 'test' };
    return [{ resolveActivity: { seq: requestCancelActivity.seq, result: { cancelled: { failure } } } }];
  }
}

export function payload(value: unknown) {
  return defaultPayloadConverter.toPayload(value);
}

/** The result of an activity that ends as `perform` does. */
export function resultOf(perform: () => unknown) {
  try {
    return { completed: { result: payload(perform()) } };
  } catch (error) {
    return { failed: { failure: defaultFailureConverter.errorToFailure(error, defaultPayloadConverter) } };
  }
}
