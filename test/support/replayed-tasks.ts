import type { LivedTask, LocalEnd, Play } from './lived-life.js';
import { payload, type Answer, type Brought, type Job, type PlayedRun } from './played-run.js';

/** What a replay has asked for behind the end of its history. */
export interface Replayed {
  /** Events that the history does not have. */
  readonly queue: readonly string[];
  /** Local activities whose end it does not have. */
  readonly locals: ReadonlyMap<number, string>;
}

/** Plays what the history has of finished tasks. Rejects where the workflow asks for something else. */
export async function replayTasks(run: PlayedRun, play: Play, tasks: readonly LivedTask[]): Promise<Replayed> {
  const queue: string[] = [];
  const locals = new Map<number, string>();
  for (let number = 0; number < tasks.length; number += 1) {
    const first = number;
    while (isOneWithNext(tasks, number)) number += 1;
    await replayed(run, { play, isFirst: first === 0, together: tasks.slice(first, number + 1), queue, locals });
  }
  return { queue, locals };
}

interface Place {
  readonly play: Play;
  readonly isFirst: boolean;
  readonly together: readonly LivedTask[];
  readonly queue: string[];
  readonly locals: Map<number, string>;
}

async function replayed(run: PlayedRun, { play, isFirst, together, queue, locals }: Place): Promise<void> {
  const last = together.at(-1);
  if (last === undefined) return;
  const facts = {
    time: last.time,
    historyLength: last.historyLength,
    isEndSuggested: last.isEndSuggested,
    isReplaying: true,
  };
  const waiting = together.flatMap(({ markers }) => markers);
  const patches = together.flatMap((task) => task.patches).map((patchId): Job => ({ notifyHasPatch: { patchId } }));
  const arrived = together.flatMap((task) => task.arrived).map(withoutValidator);
  let jobs: readonly Job[] = [...(isFirst ? [initialize(play)] : []), ...patches, ...jobsFor(run, arrived)];
  for (;;) {
    const ends = endsKnown(waiting, locals);
    if (jobs.length + ends.length === 0) break;
    const answer: Answer = await run.activate([...jobs, ...ends], facts);
    if (answer.failure !== undefined) throw new Error(`The replay fails: ${answer.failure}`);
    queue.push(...answer.commands);
    for (const { kind, key, type } of answer.asked) if (kind === 'local') locals.set(seqOf(key), type);
    jobs = answer.atOnce;
  }
  const [missing] = waiting;
  if (missing !== undefined)
    throw new Error(`The history has local activity ${missing.seq} (${missing.type}), the replay not.`);
  dropUnsent(queue);
  for (const expected of together.flatMap(({ commands }) => commands)) {
    const found = queue.shift();
    if (found !== expected) throw new Error(`The history has ${expected}, the replay ${found ?? 'nothing'}.`);
  }
}

/** In the order of the markers, and of each when it was asked for. */
function endsKnown(waiting: LocalEnd[], locals: Map<number, string>): readonly Job[] {
  const ends: Job[] = [];
  for (let [end] = waiting; end !== undefined && locals.has(end.seq); [end] = waiting) {
    if (locals.get(end.seq) !== end.type) throw new Error(`Local activity ${end.seq} is no ${end.type} in the replay.`);
    locals.delete(end.seq);
    waiting.shift();
    ends.push(resolved(end));
  }
  return ends;
}

/** A task that leaves nothing, behind one that leaves nothing, is no task of its own where the next follows at once. */
function isOneWithNext(tasks: readonly LivedTask[], number: number): boolean {
  const isEmpty = (task: LivedTask | undefined) =>
    task === undefined || task.commands.length + task.markers.length === 0;
  return isEmpty(tasks[number - 1]) && isEmpty(tasks[number]) && tasks[number + 1]?.followsAtOnce === true;
}

/** What was given up before Temporal had it leaves no event. */
export function dropUnsent(queue: string[]): void {
  for (const [name, kind] of [
    ['cancelTimer', 'timer'],
    ['requestCancelActivity', 'activity'],
  ] as const) {
    for (let at = queue.findIndex(isPairEnd); at !== -1; at = queue.findIndex(isPairEnd)) {
      const begun = queue.indexOf(`${kind} ${(queue[at] ?? '').slice(name.length + 1)}`);
      queue.splice(at, 1);
      queue.splice(begun, 1);
    }
    function isPairEnd(command: string): boolean {
      return command.startsWith(`${name} `) && queue.includes(`${kind} ${command.slice(name.length + 1)}`);
    }
  }
}

export function initialize({ workflowId, workflowType, start }: Play): Job {
  return { initializeWorkflow: { workflowId, workflowType, arguments: [payload(start)], attempt: 1 } };
}

/** As core brings them: signals and updates before all else. */
export function jobsFor(run: PlayedRun, brought: readonly Brought[]): readonly Job[] {
  const jobs = brought.flatMap((one) => run.jobsOf(one));
  const isMessage = ({ signalWorkflow, doUpdate }: Job) => signalWorkflow != null || doUpdate != null;
  return [...jobs.filter(isMessage), ...jobs.filter((job) => !isMessage(job))];
}

export function resolved({ seq, result }: LocalEnd): Job {
  return { resolveActivity: { seq, result, isLocal: true } };
}

export function seqOf(key: string): number {
  return Number(key.split(' ')[1]);
}

/** A replay asks no validator. */
function withoutValidator(brought: Brought): Brought {
  return 'of' in brought || !brought.doUpdate ? brought : { doUpdate: { ...brought.doUpdate, runValidator: false } };
}
