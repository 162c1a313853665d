import { TASK_GIVEN_AGAIN } from '../../src/contract/failures.js';
import {
  payload,
  resultOf,
  type Answer,
  type Asked,
  type Brought,
  type Ending,
  type Job,
  type PlayedRun,
} from './played-run.js';
import { dropUnsent, initialize, jobsFor, replayTasks, resolved, seqOf } from './replayed-tasks.js';

/** What is played. */
export interface Play {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly start: unknown;
  /** What is sent, in order; as long as something is under way, tasks follow that bring nothing else. */
  readonly arrivals: readonly (readonly Job[])[];
  /** What an activity gives; it may throw. */
  readonly perform: (type: string, isLocal: boolean, argument?: unknown) => unknown;
  /** How a child ends. */
  readonly outcomeOfChild?: (workflowId: string) => unknown;
  /** From 0 to below 1, as often as it is asked: when what ends, and what is lost. */
  readonly random: () => number;
  /** At how many events Temporal suggests the end of the run. */
  readonly suggestsEndAt?: number;
}

/** A local activity that has ended. */
export interface LocalEnd {
  readonly seq: number;
  readonly type: string;
  readonly result: ReturnType<typeof resultOf>;
}

/** A task that has finished: what the history has of it. */
export interface LivedTask {
  readonly arrived: readonly Brought[];
  /** The markers of local activities among its events, in order. */
  readonly markers: readonly LocalEnd[];
  readonly patches: readonly string[];
  /** Its events that are no markers of local activities. */
  readonly commands: readonly string[];
  /** A query parted the task before, and nothing has arrived since. */
  readonly followsAtOnce: boolean;
  readonly time: number;
  readonly historyLength: number;
  readonly isEndSuggested: boolean;
}

/** A task may be given again, but not for ever. */
const MOST_ATTEMPTS = 4;
/** Timers may ring for ever. */
const MOST_TASKS = 24;
const REJECTED = 'updateResponse rejected ';
const ACCEPTED = 'updateResponse accepted ';

export class LivedLife {
  readonly #play: Play;
  readonly #begin: () => Promise<PlayedRun>;
  readonly tasks: LivedTask[] = [];
  failed = 0;
  continued: readonly unknown[] | undefined;
  /** Undefined: no worker has it. */
  #run: PlayedRun | undefined;
  /** Local activities that run. */
  #underWay: LocalEnd[] = [];
  /** Those that have ended, and the workflow has not heard of it: with a marker in the last task, or in the next. */
  #unheard: { readonly local: LocalEnd; readonly isMarked: boolean }[] = [];
  /** What has arrived since the last task that has finished. */
  #arrived: Brought[] = [];
  #queue: string[] = [];
  #patches: string[] = [];
  #markers: LocalEnd[] = [];
  /** What Temporal has begun, and its end. */
  #due: Ending[] = [];
  #asked = new Map<string, Asked>();
  readonly #ringsAt = new Map<string, number>();
  #events = 1;
  #time = 0;
  #isParted = false;
  #sent = 0;

  constructor(play: Play, begin: () => Promise<PlayedRun>) {
    this.#play = play;
    this.#begin = begin;
  }

  get #isClosed(): boolean {
    return this.#run?.isClosed === true && this.#underWay.length === 0 && this.#queue.length === 0;
  }

  get #maySend(): boolean {
    return this.#sent < this.#play.arrivals.length;
  }

  async live(): Promise<void> {
    while (!this.#isClosed && this.tasks.length < MOST_TASKS && (this.#maySend || this.#isSomethingUnderWay))
      await this.#task(this.#arrivals());
  }

  async dispose(): Promise<void> {
    await this.#run?.dispose();
    this.#run = undefined;
  }

  get #isSomethingUnderWay(): boolean {
    return this.#underWay.length + this.#unheard.length + this.#due.length + this.#queue.length > 0;
  }

  #arrivals(): readonly Brought[] {
    const { arrivals, random } = this.#play;
    const sent = arrivals[this.#sent] ?? [];
    this.#sent += 1;
    const waiting = new Set<string>();
    const ended = this.#due.filter(({ of }) => {
      // The end of a child comes behind its start.
      const comes = !waiting.has(of) && (!this.#maySend || random() < 0.5);
      if (!comes) waiting.add(of);
      return comes;
    });
    this.#due = this.#due.filter((end) => !ended.includes(end));
    this.#time = Math.max(this.#time, ...ended.map(({ of }) => this.#ringsAt.get(of) ?? 0));
    return [...sent, ...ended];
  }

  async #task(arrived: readonly Brought[]): Promise<void> {
    const wasParted = this.#isParted;
    this.#isParted = false;
    this.#arrived.push(...arrived);
    this.#events += arrived.length;
    for (let attempt = 1, more = arrived; ; attempt += 1, more = []) {
      if (attempt > MOST_ATTEMPTS) throw new Error('The task fails for ever.');
      this.#events += 2;
      this.#time += 1 + Math.floor(this.#play.random() * 20);
      const outcome = await this.#attempt(more);
      if (outcome === 'failed by the server') return;
      if (outcome === 'finished') break;
      this.#events += 1;
      await this.#loseWorker();
    }
    this.#finish(wasParted);
  }

  async #attempt(more: readonly Brought[]): Promise<'finished' | 'failed by the server' | 'lost'> {
    const first = await this.#firstActivation(more);
    if (first.failure !== undefined) {
      if (first.failure !== TASK_GIVEN_AGAIN) throw new Error(first.failure);
      this.failed += 1;
      return 'lost';
    }
    await this.#note(first);
    const { random } = this.#play;
    while (this.#underWay.length > 0) {
      const what = random();
      if (this.#maySend && what < 0.35) return await this.#part();
      if (this.#maySend && what < 0.5 && (this.#play.arrivals[this.#sent]?.length ?? 0) > 0)
        return 'failed by the server';
      if (what > 0.97) return 'lost';
      await this.#tell(this.#nextEnd());
    }
    return random() > 0.97 ? 'lost' : 'finished';
  }

  async #firstActivation(more: readonly Brought[]): Promise<Answer> {
    const heard = this.#unheard.splice(0);
    this.#markers.push(...heard.flatMap(({ local, isMarked }) => (isMarked ? [] : local)));
    const run = this.#run ?? (await this.#replayed());
    const isFirst = this.tasks.length === 0;
    const isNew = this.#run === undefined;
    this.#run = run;
    const brought = isNew ? this.#arrived : more;
    const jobs = [...(isFirst && isNew ? [initialize(this.#play)] : []), ...jobsFor(run, brought)];
    return await this.#activate([...jobs, ...heard.map(({ local }) => resolved(local))]);
  }

  /** On a new worker: what has finished is replayed, and local activities without an end begin anew. */
  async #replayed(): Promise<PlayedRun> {
    const run = await this.#begin();
    const { queue, locals } = await replayTasks(run, this.#play, this.tasks);
    this.#queue = [...queue];
    this.#patches = [];
    this.#markers = [];
    this.#underWay = [...locals].map(([seq, type]) => this.#begun(seq, type));
    return run;
  }

  async #loseWorker(): Promise<void> {
    await this.#run?.dispose();
    this.#run = undefined;
    this.#underWay = [];
    this.#unheard = [];
  }

  async #part(): Promise<'finished'> {
    const { random } = this.#play;
    await this.#run?.query();
    this.#isParted = true;
    // While the query is answered: it is among the events of this task, and the workflow hears of it in the next.
    const beside = random() < 0.4 ? this.#nextEnd() : [];
    // After that: it is among the events of the next.
    const before = random() < 0.4 ? this.#nextEnd() : [];
    this.#markers.push(...beside);
    this.#unheard.push(...beside.map((local) => ({ local, isMarked: true })));
    this.#unheard.push(...before.map((local) => ({ local, isMarked: false })));
    return 'finished';
  }

  async #tell(ends: readonly LocalEnd[]): Promise<void> {
    this.#markers.push(...ends);
    await this.#note(await this.#activate(ends.map(resolved)));
  }

  async #note(answer: Answer): Promise<void> {
    if (answer.failure !== undefined) throw new Error(answer.failure);
    this.#queue.push(...answer.commands);
    this.#patches.push(...answer.patches);
    this.continued ??= answer.continued;
    for (const asked of answer.asked) {
      if (asked.kind === 'local') this.#underWay.push(this.#begun(seqOf(asked.key), asked.type));
      else this.#asked.set(asked.key, asked);
      if (asked.afterMs !== undefined) this.#ringsAt.set(asked.key, this.#last.time + asked.afterMs);
    }
    if (answer.atOnce.length > 0) await this.#note(await this.#activate(answer.atOnce));
  }

  async #activate(jobs: readonly Job[]): Promise<Answer> {
    const run = this.#run;
    if (run === undefined) throw new Error('No worker has it.');
    const { suggestsEndAt = Infinity } = this.#play;
    const facts = { historyLength: this.#events, isEndSuggested: this.#events >= suggestsEndAt, isReplaying: false };
    this.#last = { ...facts, time: this.#time };
    return await run.activate(jobs, this.#last);
  }

  #last = { time: 0, historyLength: 0, isEndSuggested: false, isReplaying: false };

  #finish(wasParted: boolean): void {
    dropUnsent(this.#queue);
    const queue = this.#queue.splice(0);
    const isRejected = (id: string) => queue.includes(`${REJECTED}${id}`) && !this.#wasAccepted(id, queue);
    const arrived = this.#arrived.splice(0).filter((one) => 'of' in one || !isRejected(one.doUpdate?.id ?? ''));
    const commands = queue.filter((one) => !(one.startsWith(REJECTED) && isRejected(one.slice(REJECTED.length))));
    const markers = this.#markers.splice(0);
    const { time, historyLength, isEndSuggested } = this.#last;
    const facts = { historyLength, time, isEndSuggested };
    const followsAtOnce = wasParted && arrived.length === 0;
    this.tasks.push({ arrived, markers, commands, patches: this.#patches.splice(0), followsAtOnce, ...facts });
    this.#events += 1 + commands.length + markers.length;
    for (const command of commands) this.#sendOff(command);
  }

  #wasAccepted(id: string, queue: readonly string[]): boolean {
    return [...this.tasks.flatMap(({ commands }) => commands), ...queue].includes(`${ACCEPTED}${id}`);
  }

  /** Temporal has it now: it will end. */
  #sendOff(command: string): void {
    for (const gone of ['cancelTimer ', 'requestCancelActivity ']) {
      if (command.startsWith(gone)) this.#due = this.#due.filter(({ of }) => of !== command.slice(gone.length));
    }
    const asked = this.#asked.get(command.slice(command.indexOf(' ') + 1));
    if (asked !== undefined) this.#due.push(...this.#endsOf(asked));
  }

  #endsOf({ kind, key: of, type, argument }: Asked): readonly Ending[] {
    const { perform, outcomeOfChild = () => ({}) } = this.#play;
    switch (kind) {
      case 'local':
        return [];
      case 'activity': {
        const result = resultOf(() => perform(type, false, argument));
        return [{ of, job: (seq) => ({ resolveActivity: { seq, result } }) }];
      }
      case 'timer':
        return [{ of, job: (seq) => ({ fireTimer: { seq } }) }];
      case 'cancellation':
        return [{ of, job: (seq) => ({ resolveRequestCancelExternalWorkflow: { seq } }) }];
      case 'child': {
        const result = childResult(() => outcomeOfChild(of.slice('child '.length)));
        return [
          { of, job: (seq) => ({ resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: 'child-run' } } }) },
          { of, job: (seq) => ({ resolveChildWorkflowExecution: { seq, result } }) },
        ];
      }
    }
  }

  #nextEnd(): readonly LocalEnd[] {
    return this.#underWay.splice(0, 1);
  }

  #begun(seq: number, type: string): LocalEnd {
    return { seq, type, result: resultOf(() => this.#play.perform(type, true)) };
  }
}

function childResult(outcome: () => unknown) {
  try {
    return { completed: { result: payload(outcome()) } };
  } catch (error) {
    const cause = resultOf(() => {
      throw error;
    });
    const workflowExecution = { workflowId: 'child', runId: 'child-run' };
    const info = { workflowExecution, workflowType: { name: 'agentExecution' }, namespace: 'default' };
    const failure = { message: 'child', childWorkflowExecutionFailureInfo: info, cause: cause.failed?.failure ?? null };
    return { failed: { failure } };
  }
}
