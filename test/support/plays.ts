import type { Play } from './lived-life.js';
import { payload, type Job } from './played-run.js';
import type { Played, PartedTasks } from './parted-tasks.js';
import { seeded } from './seeded.js';

/** What is played of each case, another one for other numbers from 0 to below 1. */
export type PlayOf = (random: () => number) => Play;

/** Something that is sent: the id is its own. */
export type Arrival = (id: string, random: () => number) => Job;

export function signal(signalName: string, argument: unknown): Job {
  return { signalWorkflow: { signalName, input: [payload(argument)] } };
}

export function update(name: string, id: string, argument: unknown): Job {
  return { doUpdate: { id, protocolInstanceId: id, name, input: [payload(argument)], runValidator: true } };
}

export const cancelled: Job = { cancelWorkflow: { reason: 'asked for' } };

export function oneOf(first: Arrival, ...others: readonly Arrival[]): Arrival {
  const all = [first, ...others];
  return (id, random) => (all[Math.floor(random() * all.length)] ?? first)(id, random);
}

export function rarely(rare: Arrival, usual: Arrival): Arrival {
  return (id, random) => (random() < 0.15 ? rare : usual)(id, random);
}

interface Sending {
  readonly tasks: number;
  /** To one task. */
  readonly most: number;
  readonly arrival: Arrival;
}

/** What is sent to each task. */
export function sent(random: () => number, { tasks, most, arrival }: Sending): readonly (readonly Job[])[] {
  return Array.from({ length: tasks }, (_task, task) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, (_one, index) => arrival(`${task}-${index}`, random)),
  );
}

/** What became of a play in each of its ways. */
export interface Outcomes {
  readonly failures: readonly string[];
  readonly lives: readonly Played[];
}

/** Each way is another one in which queries part the tasks, tasks and workers are lost, and activities end: by its number. */
export async function playWays(tasks: PartedTasks, playOf: PlayOf, ways: number): Promise<Outcomes> {
  const failures: string[] = [];
  const lives: Played[] = [];
  for (let way = 0; way < ways; way += 1) {
    try {
      lives.push(await tasks.playAndReplay(playOf(seeded(way))));
    } catch (error) {
      failures.push(`${way}: ${String(error)}`);
    }
  }
  return { failures, lives };
}

/** How many tasks their workflow has failed itself. */
export function tasksFailed(lives: readonly Played[]): number {
  return lives.reduce((sum, { failed }) => sum + failed, 0);
}
