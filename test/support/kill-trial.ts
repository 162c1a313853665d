import { setTimeout as delay } from 'node:timers/promises';

import { ApiClient } from '../../src/cli/api-client.js';
import { killEverything, newPreparedSetting, type Setting } from './everything.js';
import { startHeldProse } from './held-prose.js';
import { prepareWriting } from './installation.js';
import { Acknowledged } from './acknowledged.js';
import { TrialUser } from './trial-user.js';
import { seeded } from './seeded.js';
import { SpawnedProcess } from './spawned-process.js';
import { untilOver } from './under-way.js';

export interface KillTrialSettings {
  readonly kills: number;
  readonly seed: number;
  /** What happens, and at the end of each process what it said. */
  readonly say: (line: string) => void;
}

export interface KillTrialResult {
  /** What was not as promised, in words; none: all was. */
  readonly wrong: readonly string[];
  /** How many tokens, agents and answers somebody was told of. */
  readonly acknowledged: string;
  /** Kills of a process that was not ready yet. */
  readonly killedAtStart: number;
  /** From the end of a killed process to the next that was ready, the longest. */
  readonly slowestStartMs: number;
}

const USERS = 4;
const LONGEST_LIFE_MS = 4000;
/** So many of all kills come before the process is ready. */
const KILLED_AT_START = 0.25;
const LONGEST_START_MS = 1500;

/**
 * Users have tokens made, moved and written by an agent, and watch the answers, while all that serves them, one process and its Temporal
 * server on one data folder, is killed again and again. After each start, what was acknowledged before is looked for.
 */
export async function runKillTrial(settings: KillTrialSettings): Promise<KillTrialResult> {
  const prose = await startHeldProse(10);
  const setting = await newPreparedSetting({ OPENAI_BASE_URL: prose.baseUrl, API_RATE_LIMIT_PER_MINUTE: '100000' });
  try {
    return await new KillTrial(settings, setting).run();
  } finally {
    await prose.stop();
    await setting.remove();
  }
}

class KillTrial {
  readonly #settings: KillTrialSettings;
  readonly #setting: Setting;
  readonly #random: () => number;
  readonly #acknowledged: Acknowledged;
  readonly #users: readonly TrialUser[];
  readonly #wrong: string[] = [];
  readonly #given = new AbortController();
  #everything: SpawnedProcess | undefined;
  #killedAtStart = 0;
  #slowestStartMs = 0;

  constructor(settings: KillTrialSettings, setting: Setting) {
    [this.#settings, this.#setting] = [settings, setting];
    this.#random = seeded(settings.seed);
    this.#acknowledged = new Acknowledged(new ApiClient(setting.address));
    const forUsers = { address: setting.address, acknowledged: this.#acknowledged, signal: this.#given.signal };
    this.#users = Array.from({ length: USERS }, (_, nth) => new TrialUser(nth, forUsers));
  }

  async run(): Promise<KillTrialResult> {
    await this.#start();
    await prepareWriting(this.#setting.address);
    const working = Promise.all(this.#users.map((user) => user.work()));
    working.catch(() => undefined);
    try {
      for (let kill = 1; kill <= this.#settings.kills; kill += 1) await this.#round(kill);
      for (const user of this.#users) user.isToRest = true;
      await this.#untilAllRest();
      await working;
      await this.#judge('at the end');
    } finally {
      this.#given.abort(new Error('the trial is over'));
      await this.#killAll();
    }
    const [killedAtStart, slowestStartMs] = [this.#killedAtStart, this.#slowestStartMs];
    return { wrong: this.#wrong, acknowledged: this.#acknowledged.toString(), killedAtStart, slowestStartMs };
  }

  async #round(kill: number): Promise<void> {
    await delay(this.#random() * LONGEST_LIFE_MS);
    await this.#killAll();
    if (this.#random() < KILLED_AT_START) {
      this.#killedAtStart += 1;
      this.#everything = SpawnedProcess.start('start', this.#setting.environment);
      await delay(this.#random() * LONGEST_START_MS);
      await this.#killAll();
    }
    await this.#start();
    await this.#judge(`after kill ${kill}`);
    this.#settings.say(`kill ${kill}: ${this.#acknowledged.toString()}`);
  }

  async #start(): Promise<void> {
    const startedAt = performance.now();
    this.#everything = SpawnedProcess.start('start', this.#setting.environment);
    await this.#everything.untilReady();
    this.#slowestStartMs = Math.max(this.#slowestStartMs, Math.round(performance.now() - startedAt));
  }

  async #killAll(): Promise<void> {
    await killEverything(this.#everything, this.#setting);
    this.#settings.say(this.#everything?.output ?? '');
  }

  async #judge(when: string): Promise<void> {
    for (const one of await this.#acknowledged.missing()) this.#wrong.push(`${when}: ${one}`);
  }

  async #untilAllRest(): Promise<void> {
    await untilOver({
      isOver: () => this.#users.every(({ rests }) => rests),
      progress: () => this.#acknowledged.toString(),
      found: async () =>
        [...this.#users.map((user) => user.doing), await this.#acknowledged.underWay(), this.#everything?.output].join(
          '\n',
        ),
    });
  }
}
