import { freezeProcess } from '../frozen-process.js';
import type { SpawnedProcess } from '../spawned-process.js';
import { untilOver } from '../under-way.js';
import { WatchedAnswer, type TrialPlace } from './watched-answer.js';

/** Answers that are on their way when a worker is frozen: some of them are the other one's. */
const ANSWERS = 20;

/** When a frozen worker wakes: in relation to the answer of whoever has taken over. */
export const WAKINGS = ['before', 'in the middle of', 'after'] as const;
export type Waking = (typeof WAKINGS)[number];

interface FreezeRound {
  readonly name: string;
  readonly chunks: number;
  readonly waking: Waking;
  /** Whoever has taken over says nothing until the woken one is done; else both go on at once. */
  readonly apart: boolean;
}

export interface FreezeResult {
  /** Answers of the worker that was frozen. */
  readonly woken: number;
  readonly wrong: readonly string[];
}

/**
 * Of two workers one is frozen in the middle of its answers, the rest of which comes meanwhile, until others have begun them again. It is
 * stopped in order once it is awake, so that nothing of it is to come, and another one takes its place.
 */
export async function freezeOneOfTwo(
  place: TrialPlace,
  { name, chunks, waking, apart }: FreezeRound,
): Promise<FreezeResult> {
  const { here, random } = place;
  const chunk = () => 1 + Math.floor(random() * (chunks - 1));
  const answers = await Promise.all(
    Array.from({ length: ANSWERS }, (_, nth) =>
      WatchedAnswer.begin(place, { topic: `${name}-${nth}.`, heldAfter: chunk() }),
    ),
  );
  const callers = await Promise.all(answers.map((answer) => answer.isHeld()));
  const [frozen] = callers as [SpawnedProcess];
  const lost = answers.filter((_, nth) => callers[nth] === frozen);
  await freezeProcess(frozen.pid ?? 0);
  const again = lost.map((answer) => answer.hold(waking === 'before' ? 0 : chunk()));
  for (const answer of answers) answer.goOn();
  if (waking === 'after') {
    for (const goOn of again) goOn();
    await Promise.all(lost.map((answer) => answer.isOver()));
  } else await areBegunAgain(lost, waking === 'before' ? 'asked' : 'attempts');
  frozen.signal('SIGCONT');
  here.workers.splice(here.workers.indexOf(frozen), 1);
  const stopped = () => frozen.stop();
  if (apart) await stopped();
  for (const goOn of again) goOn();
  await Promise.all([stopped(), here.startWorker(), ...answers.map((answer) => answer.isOver())]);
  const judged = await Promise.all(answers.map((answer) => answer.judged()));
  return { woken: lost.length, wrong: judged.flatMap(({ wrong }) => wrong) };
}

async function areBegunAgain(answers: readonly WatchedAnswer[], seen: 'asked' | 'attempts'): Promise<void> {
  const times = (answer: WatchedAnswer) => (seen === 'asked' ? answer.asked : answer.viewer.attempts);
  await untilOver({
    isOver: () => answers.every((answer) => times(answer) > 1),
    progress: () => answers.map(({ asked, viewer }) => `${asked} ${viewer.events.length}`).join(),
    found: () => `begun again: ${answers.map(({ topic, asked }) => `${topic} ${asked}`).join()}`,
  });
}
