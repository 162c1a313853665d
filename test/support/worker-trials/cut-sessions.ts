import { setTimeout as delay } from 'node:timers/promises';

import { onDatabase } from '../postgres.js';
import type { PostgresServer } from '../postgres-server.js';
import { untilOver } from '../under-way.js';
import { WatchedAnswer, type TrialPlace } from './watched-answer.js';

/** The first half of the locks that workers hold: see `presence-statements`. */
const LOCKS = 0x63_62_77_6b;
const HELD = `select pid::integer from pg_locks where locktype = 'advisory' and classid = ${LOCKS} and granted
  and database = (select oid from pg_database where datname = current_database())`;
const CUT = `select pid, pg_terminate_backend(pid) from (${HELD}) as held`;
const WORKERS = 2;
const LONGEST_OUTAGE_MS = 2000;

export interface CutResult {
  readonly attempts: number;
  readonly voided: number;
  readonly wrong: readonly string[];
}

interface CutTrial {
  readonly name: string;
  readonly answers: number;
  readonly chunks: number;
  readonly times: number;
}

/** The connections by which workers say that they live are ended, so many times, while answers are on their way; none is lost by that. */
export async function cutSessions(place: TrialPlace, trial: CutTrial): Promise<CutResult> {
  return await underAnswers(place, trial, 0, async () => {
    const cut = await onDatabase(place.here.storageUrl, CUT);
    await areBack(place.here.storageUrl, cut);
    return cut.length === WORKERS ? [] : [`${cut.length} sessions were there to be cut`];
  });
}

/** The database server is killed, or stopped in order, so many times; each answer may lose one attempt by each. */
export async function restartServer(place: TrialPlace, server: PostgresServer, trial: CutTrial): Promise<CutResult> {
  return await underAnswers(place, trial, trial.times, async (nth) => {
    await (nth % 2 === 0 ? server.kill() : server.stopInOrder());
    await delay(place.random() * LONGEST_OUTAGE_MS);
    await server.startAgain();
    await areBack(server.url, []);
    return [];
  });
}

async function underAnswers(
  place: TrialPlace,
  { name, answers: count, chunks, times }: CutTrial,
  mayLose: number,
  disturb: (nth: number) => Promise<readonly string[]>,
): Promise<CutResult> {
  const answers: WatchedAnswer[] = [];
  // One after the other: as many at once are a trial of something else.
  for (let nth = 0; nth < count; nth += 1) {
    const heldAfter = 1 + Math.floor(place.random() * (chunks - 1));
    answers.push(await WatchedAnswer.begin(place, { topic: `${name}-${nth}.`, heldAfter }));
  }
  await Promise.all(answers.map((answer) => answer.isHeld()));
  const wrong: string[] = [];
  for (let nth = 0; nth < times; nth += 1) wrong.push(...(await disturb(nth)));
  for (const answer of answers) answer.goOn();
  await Promise.all(answers.map((answer) => answer.isOver()));
  let [attempts, voided] = [0, 0];
  for (const answer of answers) {
    const judged = await answer.judged();
    const lost = judged.outcomes.length - 1;
    attempts += judged.outcomes.length;
    voided += lost;
    wrong.push(...judged.wrong);
    // A server that was killed may have lost the end of a stream, which is then told anew: that is no call of the model.
    if (lost > mayLose || answer.asked > judged.outcomes.length)
      wrong.push(`${answer.topic} was asked for ${answer.asked} times: ${judged.outcomes.join()}`);
  }
  return { attempts, voided, wrong };
}

/** All workers hold their locks again, by other sessions. */
async function areBack(url: string, before: readonly Record<string, unknown>[]): Promise<void> {
  const gone = new Set(before.map(({ pid }) => pid));
  let held = 0;
  const counting = async () => {
    while (held !== WORKERS) {
      const sessions = await onDatabase(url, HELD).catch(() => []);
      held = sessions.filter(({ pid }) => !gone.has(pid)).length;
      await delay(20);
    }
  };
  void counting();
  await untilOver({ isOver: () => held === WORKERS, progress: () => held, found: () => `${held} workers are back` });
}
