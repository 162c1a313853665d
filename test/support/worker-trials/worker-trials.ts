import { Installation, Surroundings } from '../installation.js';
import { PostgresServer } from '../postgres-server.js';
import { seeded } from '../seeded.js';
import { streamBackends } from '../stream-backends.js';
import { cutSessions, restartServer, type CutResult } from './cut-sessions.js';
import { MovedTokens } from './fires-after-kills.js';
import { freezeOneOfTwo, WAKINGS } from './frozen-workers.js';
import { killOneOfTwo } from './killed-workers.js';
import type { TrialPlace } from './watched-answer.js';

const CHUNKS = 40;
const ANSWERS = 50;
const TOKENS = 12;

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

type Run = (place: TrialPlace, rounds: number) => Promise<TrialOutcome>;
type Trial = (surroundings: Surroundings, size: TrialSize) => AsyncGenerator<TrialOutcome>;

const RUNS = {
  kills: onEachBackend(kills),
  frozen: onEachBackend(frozen),
  cuts: onSharedServer(cuts),
  restarts,
  fires: onSharedServer(fires),
} as const satisfies Record<string, Trial>;

export type TrialName = keyof typeof RUNS;
export const TRIALS = Object.keys(RUNS) as readonly TrialName[];

export async function* runWorkerTrials(name: TrialName, size: TrialSize): AsyncGenerator<TrialOutcome> {
  const surroundings = await Surroundings.start({ chunks: CHUNKS, inOtherWords: true });
  try {
    for await (const { line, wrong } of RUNS[name](surroundings, size))
      yield { line: `${name}, ${line}; ${wrong.length} wrong`, wrong };
  } finally {
    await surroundings.stop();
  }
}

function onEachBackend(run: Run): Trial {
  return async function* (surroundings, { rounds, seed }) {
    for (const { name, start } of await streamBackends()) {
      const backend = await start();
      const here = await Installation.start(surroundings, name.toLowerCase(), { streamUrl: backend.url });
      const { line, wrong } = await run({ name, here, surroundings, random: seeded(seed) }, rounds);
      yield { line: `streams on ${name}: ${line}`, wrong };
      await here.stop();
      await backend.stop();
    }
  };
}

function onSharedServer(run: Run): Trial {
  return async function* (surroundings, { rounds, seed }) {
    const here = await Installation.start(surroundings, 'one');
    yield await run({ name: 'one', here, surroundings, random: seeded(seed) }, rounds);
    await here.stop();
  };
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

async function cuts(place: TrialPlace, rounds: number): Promise<TrialOutcome> {
  const result = await cutSessions(place, { name: 'cut', answers: ANSWERS, chunks: CHUNKS, times: rounds });
  return { line: `the session of each live worker, ${rounds} times: ${counted(result)}`, wrong: result.wrong };
}

async function* restarts(surroundings: Surroundings, { rounds, seed }: TrialSize): AsyncGenerator<TrialOutcome> {
  const server = await PostgresServer.start();
  const here = await Installation.start(surroundings, 'restarts', { storageUrl: server.url });
  const place = { name: 'restarts', here, surroundings, random: seeded(seed) };
  const trial = { name: 'restart', answers: ANSWERS, chunks: CHUNKS, times: rounds };
  const result = await restartServer(place, server, trial);
  yield { line: `the database, ${rounds} times: ${counted(result)}`, wrong: result.wrong };
  await here.stop();
  await server.stop();
}

async function fires(place: TrialPlace, rounds: number): Promise<TrialOutcome> {
  const tokens = await MovedTokens.make(place, TOKENS);
  const [fired, queried, wrong]: [number[], number[], string[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    const result = await tokens.killOneOfTwo();
    fired.push(...result.fires);
    queried.push(...result.queries);
    wrong.push(...result.wrong);
  }
  const took = `${fired.length} fires ${spread(fired)}; ${queried.length} queries ${spread(queried)}`;
  return { line: `${rounds} kills: ${took}`, wrong };
}

function counted({ attempts, voided }: CutResult): string {
  return `${ANSWERS} answers, ${attempts} attempts, ${voided} of them voided`;
}

/** In milliseconds. */
function spread(samples: readonly number[]): string {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(0);
  const above = (ms: number) => samples.filter((sample) => sample > ms).length;
  const late = above(2000) === 0 ? '' : ` (${above(2000)} above 2 s, ${above(3000)} above 3 s)`;
  return `${at(0.5)} ms at the median, ${at(0.95)} at p95, ${at(1)} at most${late}`;
}
