import { setTimeout as delay } from 'node:timers/promises';

import { LONG_PROSE } from './aimock-review.js';
import { execution, settledToken } from './api-client.js';
import type { CuttingProxy } from './cutting-proxy.js';
import type { HeldProse } from './held-prose.js';
import { write, type Installation, type WritingIds } from './installation.js';
import { PersistentViewer } from './persistent-viewer.js';
import { SteadyCaller, type Heard } from './steady-caller.js';
import { untilOver } from './under-way.js';

/** What is done to a line; `mend` ends it. */
export const NETWORK_FAULTS: Readonly<Record<string, (line: CuttingProxy) => void>> = {
  cut: (line) => {
    line.goAway();
  },
  silent: (line) => {
    line.fallSilent();
  },
  'silent-to-server': (line) => {
    line.fallSilent('to-server');
  },
  'silent-to-client': (line) => {
    line.fallSilent('to-client');
  },
  forgotten: (line) => {
    line.fallSilent();
    line.forgetAll();
  },
  late: (line) => {
    line.slowDown({ lagMs: 1500 });
  },
  narrow: (line) => {
    line.slowDown({ bytesPerSecond: 4000 });
  },
};

interface TrialOptions {
  readonly name: string;
  readonly here: Installation;
  readonly prose: HeldProse;
  /** What goes wrong, on all of them at once. */
  readonly lines: readonly CuttingProxy[];
  readonly spoil: (line: CuttingProxy) => void;
  readonly forMs: number;
  /** Where viewers find the API. */
  readonly viewedAt: string;
  /** Whether an execution may fail, as it does whose provider cannot be reached for all of its attempts: as an incident, and told so. */
  readonly mayFail: boolean;
}

export interface NetworkTrialResult {
  readonly heard: ReadonlyMap<string, Heard>;
  /** By door, the longest time without any sign. */
  readonly silences: ReadonlyMap<string, number>;
  /** From the end of the fault until everything is answered soon again, and until every viewer has the end. */
  readonly wellAfterMs: number;
  readonly overAfterMs: number;
  /** Attempts of all executions that were lost, or failed. */
  readonly lostAttempts: number;
  /** What was not as promised, in words. */
  readonly wrong: readonly string[];
}

/** Half of the answers end in the fault, the others after it. */
const ANSWERS = 4;
/** Of a fault, before the first half goes on. */
const SHARE = 0.2;

/** Everything is asked of an API while answers are under way and watched, and the network between two processes is not well. */
export async function runNetworkTrial(options: TrialOptions): Promise<NetworkTrialResult> {
  const caller = new SteadyCaller(options.here.address, options.name);
  try {
    return await run(options, caller);
  } finally {
    for (const line of options.lines) line.mend();
    await caller.end();
  }
}

async function run(options: TrialOptions, caller: SteadyCaller): Promise<NetworkTrialResult> {
  const { name, here, prose, lines, spoil, forMs, viewedAt } = options;
  const topics = Array.from({ length: ANSWERS }, (_, n) => `theme ${n} of ${name},`);
  const holds = topics.map((topic) => prose.hold(topic, 5));
  const written = await Promise.all(topics.map((topic) => write(here.address, topic)));
  const viewers = written.flatMap(({ executionId }) => PersistentViewer.byAllDoors(viewedAt, executionId));
  const watching = Promise.all(viewers.map((viewer) => viewer.watch()));
  await untilOver(seenBy(viewers, () => viewers.every(({ signs }) => signs > 1)));
  for (const line of lines) spoil(line);
  caller.begin();
  await delay(forMs * SHARE);
  for (const goOn of holds.slice(0, ANSWERS / 2)) goOn();
  await delay(forMs * (1 - SHARE));
  for (const line of lines) line.mend();
  const mendedAt = performance.now();
  for (const goOn of holds.slice(ANSWERS / 2)) goOn();
  caller.beginAnew();
  await untilOver(seenBy(viewers, () => caller.isWell));
  const wellAfterMs = performance.now() - mendedAt;
  await untilOver(seenBy(viewers, () => viewers.every(({ isOver }) => isOver)));
  await watching;
  const overAfterMs = performance.now() - mendedAt;
  const judged = await Promise.all(written.map((ids, n) => judge(options, { ids, viewers, topic: topics[n] ?? '' })));
  return {
    heard: caller.heard,
    silences: longestOf(viewers),
    wellAfterMs,
    overAfterMs,
    lostAttempts: judged.reduce((sum, { lost }) => sum + lost, 0),
    wrong: judged.flatMap(({ wrong }) => wrong),
  };
}

function seenBy(viewers: readonly PersistentViewer[], isOver: () => boolean) {
  const signs = () => viewers.reduce((sum, viewer) => sum + viewer.signs, 0);
  return { isOver, progress: signs, found: () => `${signs()} signs` };
}

interface Judged {
  readonly ids: WritingIds;
  readonly viewers: readonly PersistentViewer[];
  readonly topic: string;
}

async function judge({ here, prose, mayFail }: TrialOptions, { ids, viewers, topic }: Judged) {
  const token = await settledToken(here.address, ids.tokenId);
  const stored = await execution(here.address, ids.executionId);
  const { asked } = prose.told(topic);
  const viewed = viewers.filter((one) => one.executionId === ids.executionId);
  if (mayFail && stored.status === 'FAILED') {
    const isTold = token.incident !== null && viewed.every(({ text }) => text === '');
    return { wrong: isTold ? [] : [`${topic} ${JSON.stringify(token)}`], lost: stored.attempts.length };
  }
  const completed = stored.attempts.filter(({ outcome }) => outcome === 'completed');
  const isWhole = stored.status === 'COMPLETED' && stored.finalResponse === LONG_PROSE && completed.length === 1;
  const others = viewed.filter((one) => one.text !== LONG_PROSE);
  const wrong = [
    ...(isWhole && asked <= stored.attempts.length ? [] : [`${topic} asked ${asked} times: ${JSON.stringify(stored)}`]),
    ...(token.place === 'written' && token.history.length === 1 ? [] : [`${topic} ${JSON.stringify(token)}`]),
    ...others.map(({ door, text }) => `${topic} ${door} has ${text.length} characters`),
  ];
  return { wrong, lost: stored.attempts.length - completed.length };
}

function longestOf(viewers: readonly PersistentViewer[]): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  for (const { door, longestMs } of viewers) longest.set(door, Math.max(longest.get(door) ?? 0, longestMs));
  return longest;
}
