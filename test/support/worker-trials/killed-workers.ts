import { setTimeout as delay } from 'node:timers/promises';

import type { SpawnedProcess } from '../spawned-process.js';
import { untilOver } from '../under-way.js';
import { WatchedAnswer, type TrialPlace } from './watched-answer.js';

/** Answers that are on their way when a worker is killed: some of them are the other one's. */
const ANSWERS = 4;

export interface KillResult {
  /** From the kill to the next call of the model, for each answer of the worker that was killed. */
  readonly untilNextCallMs: readonly number[];
  /** Answers that the other worker was at. */
  readonly healthy: number;
  readonly wrong: readonly string[];
}

/** Of two workers one is killed, each of the answers that are on their way being at a chunk of its own. Both are there again afterwards. */
export async function killOneOfTwo(place: TrialPlace, name: string, chunks: number): Promise<KillResult> {
  const { here, random } = place;
  const answers = await Promise.all(
    Array.from({ length: ANSWERS }, (_, nth) => {
      const heldAfter = 1 + Math.floor(random() * (chunks - 1));
      return WatchedAnswer.begin(place, { topic: `${name}-${nth}.`, heldAfter });
    }),
  );
  const callers = await Promise.all(answers.map((answer) => answer.isHeld()));
  const [victim] = callers as [SpawnedProcess];
  const [lost, others] = [
    answers.filter((_, nth) => callers[nth] === victim),
    answers.filter((_, nth) => callers[nth] !== victim),
  ];
  const killedAt = performance.now();
  await victim.kill();
  here.workers.splice(here.workers.indexOf(victim), 1);
  await areAskedAgain(lost);
  // Who is healthy would by now be asked again, too, if it had been taken for dead.
  await delay(100);
  for (const answer of answers) answer.goOn();
  await Promise.all([here.startWorker(), ...answers.map((answer) => answer.isOver())]);
  const wrong = await Promise.all([
    ...lost.map((answer) => judge(answer, ['lost', 'completed'])),
    ...others.map((answer) => judge(answer, ['completed'])),
  ]);
  return {
    untilNextCallMs: lost.map(({ askedAt }) => (askedAt[1] ?? Number.NaN) - killedAt),
    healthy: others.length,
    wrong: wrong.flat(),
  };
}

async function areAskedAgain(answers: readonly WatchedAnswer[]): Promise<void> {
  await untilOver({
    isOver: () => answers.every(({ asked }) => asked > 1),
    progress: () => answers.map(({ asked }) => asked).join(),
    found: () => `asked for again: ${answers.map(({ topic, asked }) => `${topic} ${asked}`).join()}`,
  });
}

/** The model is asked once for each attempt, and the attempts are these. */
async function judge(answer: WatchedAnswer, expected: readonly string[]): Promise<readonly string[]> {
  const { wrong, outcomes } = await answer.judged();
  const asUsual = outcomes.join() === expected.join() && answer.asked === expected.length;
  if (asUsual) return wrong;
  return [...wrong, `${answer.topic} was asked for ${answer.asked} times: ${outcomes.join()}`];
}
