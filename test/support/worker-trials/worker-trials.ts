import { Installation, Surroundings } from '../installation.js';
import { seeded } from '../seeded.js';
import { streamBackends } from '../stream-backends.js';
import { freezeOneOfTwo, WAKINGS } from './frozen-workers.js';
import { killOneOfTwo } from './killed-workers.js';
import type { TrialPlace } from './watched-answer.js';

const CHUNKS = 40;

export const TRIALS = ['kills', 'frozen'] as const;
export type TrialName = (typeof TRIALS)[number];

export interface TrialOutcome {
  /** What was done, how often, and the figures. */
  readonly line: string;
  /** What was not as promised; none: all was. */
  readonly wrong: readonly string[];
}

interface TrialSize {
  readonly rounds: number;
  readonly seed: number;
}

type Trial = (place: TrialPlace, rounds: number) => Promise<TrialOutcome>;

const RUNS: Readonly<Record<TrialName, Trial>> = { kills, frozen };

/** Runs a trial on each backend of streams, one after the other. */
export async function* runWorkerTrials(name: TrialName, { rounds, seed }: TrialSize): AsyncGenerator<TrialOutcome> {
  const surroundings = await Surroundings.start({ chunks: CHUNKS, inOtherWords: true });
  try {
    for (const backend of await streamBackends()) {
      const server = await backend.start();
      const here = await Installation.start(surroundings, `${name}-${backend.name}`.toLowerCase(), {
        streamUrl: server.url,
      });
      const place = { name: backend.name, here, surroundings, random: seeded(seed) };
      const { line, wrong } = await RUNS[name](place, rounds);
      yield { line: `${name}, streams on ${backend.name}: ${line}; ${wrong.length} wrong`, wrong };
      await here.stop();
      await server.stop();
    }
  } finally {
    await surroundings.stop();
  }
}

async function kills(place: TrialPlace, rounds: number): Promise<TrialOutcome> {
  const [taken, wrong]: [number[], string[]] = [[], []];
  let healthy = 0;
  for (let round = 0; round < rounds; round += 1) {
    const result = await killOneOfTwo(place, `${place.name} kill-${round}`, CHUNKS);
    taken.push(...result.untilNextCallMs);
    wrong.push(...result.wrong);
    healthy += result.healthy;
  }
  const answers = `${taken.length} answers of who was killed, ${healthy} of who was not`;
  return { line: `${rounds} kills, ${answers}; next call after ${spread(taken)}`, wrong };
}

async function frozen(place: TrialPlace, rounds: number): Promise<TrialOutcome> {
  const wrong: string[] = [];
  const woken = { before: 0, 'in the middle of': 0, after: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const waking = WAKINGS[round % WAKINGS.length] ?? 'before';
    const how = { name: `${place.name} frost-${round}`, chunks: CHUNKS, waking, apart: place.random() < 0.5 };
    const result = await freezeOneOfTwo(place, how);
    woken[waking] += result.woken;
    wrong.push(...result.wrong);
  }
  const counted = WAKINGS.map((waking) => `${woken[waking]} ${waking}`).join(', ');
  return { line: `${rounds} times, answers whose worker woke: ${counted} its successor's`, wrong };
}

/** In milliseconds. */
function spread(samples: readonly number[]): string {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(0);
  return `${at(0.5)} ms at the median, ${at(0.95)} at p95, ${at(1)} at most`;
}
