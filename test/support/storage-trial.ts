import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ApiClient } from '../../src/cli/api-client.js';
import { Acknowledged } from './acknowledged.js';
import { newSetting, type Setting } from './everything.js';
import { startHeldProse, type HeldProse } from './held-prose.js';
import { prepareWriting } from './installation.js';
import { SpawnedProcess } from './spawned-process.js';
import { startTemporalServer } from './temporal-server.js';
import { TrialCallers } from './trial-callers.js';
import { TrialUser } from './trial-user.js';
import { untilOver } from './under-way.js';

/** Something that a server of storage or streams goes through. */
export interface StorageFault {
  readonly name: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

export interface StorageTrialSettings {
  /** Where storage and streams are. */
  readonly environment: Readonly<Record<string, string>>;
  /** What serves: an API and a worker, or everything in one. */
  readonly processes?: readonly ('api' | 'worker' | 'start')[];
  /** One after the other. */
  readonly faults: readonly StorageFault[];
  readonly faultMs: number;
  /** Everything that a process said, at the end. */
  readonly say: (name: string, output: string) => void;
}

/** A line of a process's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly message?: string;
}

export interface FaultResult {
  readonly name: string;
  /** What was logged from its beginning until all was well again, by process. */
  readonly lines: Readonly<Record<string, readonly LogLine[]>>;
  /** From its end to the first answer that a user had asked for during it. */
  readonly acknowledged: string;
  /** Calls that were answered with UNAVAILABLE by now. */
  readonly refused: number;
  /** Until the API answered the call that took longest, whatever the answer. */
  readonly slowestMs: number;
  /** From its beginning until all was well again. */
  readonly tookMs: number;
  /** Resident memory of each process at the end. */
  readonly memoryMib: Readonly<Record<string, number>>;
}

export interface StorageTrialResult {
  /** What was not as promised, in words; none: all was. */
  readonly wrong: readonly string[];
  readonly faults: readonly FaultResult[];
}

const USERS = 4;
const CHUNKS = 20;

/** Users have agents and tokens made, moved and written, and watch the answers, while storage goes through one fault after the other. */
export async function runStorageTrial(settings: StorageTrialSettings): Promise<StorageTrialResult> {
  const [prose, temporal] = await Promise.all([startHeldProse(CHUNKS), startTemporalServer()]);
  const setting = await newSetting({
    TEMPORAL_ADDRESS: temporal.address,
    OPENAI_BASE_URL: prose.baseUrl,
    API_RATE_LIMIT_PER_MINUTE: '100000',
    LOG_LEVEL: 'info',
    ...settings.environment,
  });
  const processes = new Map<string, SpawnedProcess>();
  try {
    for (const name of settings.processes ?? ['api', 'worker'])
      processes.set(name, await SpawnedProcess.ready(name, setting.environment));
    await prepareWriting(setting.address);
    return await new StorageTrial({ settings, setting, prose, processes }).run();
  } finally {
    await Promise.all([...processes.values()].map((one) => one.kill()));
    for (const [name, one] of processes) settings.say(name, one.output);
    await temporal.stop();
    await prose.stop();
    await setting.remove();
  }
}

interface TrialParts {
  readonly settings: StorageTrialSettings;
  readonly setting: Setting;
  readonly prose: HeldProse;
  readonly processes: ReadonlyMap<string, SpawnedProcess>;
}

class StorageTrial {
  readonly #parts: TrialParts;
  readonly #acknowledged: Acknowledged;
  readonly #users: readonly TrialUser[];
  readonly #callers: TrialCallers;
  readonly #given = new AbortController();
  readonly #wrong: string[] = [];

  constructor(parts: TrialParts) {
    this.#parts = parts;
    const { address } = parts.setting;
    this.#acknowledged = new Acknowledged(new ApiClient(address));
    const forUsers = { address, acknowledged: this.#acknowledged, signal: this.#given.signal };
    this.#callers = new TrialCallers(forUsers);
    this.#users = Array.from({ length: USERS }, (_, nth) => new TrialUser(nth, forUsers));
  }

  async run(): Promise<StorageTrialResult> {
    const working = Promise.all(this.#users.map((user) => user.work()));
    working.catch((error: unknown) => this.#wrong.push(`a user was told: ${String(error)}`));
    const calling = this.#callers.work();
    calling.catch((error: unknown) => this.#wrong.push(`a caller was told: ${String(error)}`));
    const faults: FaultResult[] = [];
    try {
      for (const fault of this.#parts.settings.faults) faults.push(await this.#live(fault));
      for (const one of [this.#callers, ...this.#users]) one.isToRest = true;
      await this.#until(() => [this.#callers, ...this.#users].every(({ rests }) => rests));
      this.#wrong.push(...(await this.#acknowledged.missing()), ...(await this.#callsTwice()));
      for (const [name, { hasEnded }] of this.#parts.processes) if (hasEnded) this.#wrong.push(`${name} has ended`);
    } finally {
      this.#callers.end();
      this.#given.abort(new Error('the trial is over'));
    }
    return { wrong: this.#wrong, faults };
  }

  async #live({ name, begin, end }: StorageFault): Promise<FaultResult> {
    await this.#answers(USERS);
    const { processes, settings } = this.#parts;
    const said = [...processes].map(([process, { output }]) => [process, output.length] as const);
    const startedAt = performance.now();
    await begin();
    await delay(settings.faultMs);
    const { refused } = this.#callers;
    await end();
    await this.#answers(USERS);
    await this.#until(() => [...processes.values()].every(({ output }) => isWellAgain(output)));
    const lines = said.map(
      ([process, from]) => [process, linesOf(processes.get(process)?.output.slice(from) ?? '')] as const,
    );
    const memory = [...processes].map(([process, { pid = 0 }]) => [process, residentMib(pid)] as const);
    return {
      ...{ name, refused, slowestMs: this.#callers.takeSlowestMs(), acknowledged: this.#acknowledged.toString() },
      ...{
        tookMs: performance.now() - startedAt,
        lines: Object.fromEntries(lines),
        memoryMib: Object.fromEntries(memory),
      },
    };
  }

  /** So many more than there are. */
  async #answers(count: number): Promise<void> {
    const { answered } = this.#acknowledged;
    const wanted = answered.size + count;
    await this.#until(() => answered.size >= wanted);
  }

  async #until(isOver: () => boolean): Promise<void> {
    await untilOver({
      isOver: () => {
        if (this.#wrong.length > 0) throw new Error(this.#wrong.join('\n'));
        return isOver();
      },
      progress: () => `${this.#acknowledged.toString()} ${this.#callers.toString()}`,
      found: async () =>
        [
          ...this.#users.map(({ doing }) => doing),
          this.#callers.toString(),
          await this.#acknowledged.underWay(),
          this.#tails(),
        ].join('\n'),
    });
  }

  #tails(): string {
    return [...this.#parts.processes].map(([name, { output }]) => `${name}: ${output.slice(-4000)}`).join('\n');
  }

  /** A finished turn is not asked for again: each call is an attempt of the execution, and one of them is the one that completed. */
  async #callsTwice(): Promise<readonly string[]> {
    const api = new ApiClient(this.#parts.setting.address);
    const found: string[] = [];
    for (const [token, id] of this.#acknowledged.fired) {
      const query = 'query ($id: String!) { agentExecution(id: $id) { attempts { outcome } } }';
      const { agentExecution } = await api.query<Attempted>(query, { id });
      const outcomes = agentExecution.attempts.map(({ outcome }) => outcome);
      const calls = this.#parts.prose.told(`\\"${token}\\"`).asked;
      if (calls > outcomes.length || outcomes.filter((one) => one === 'completed').length !== 1)
        found.push(`${token}: ${calls} calls, and these attempts: ${outcomes.join(', ')}`);
    }
    return found;
  }
}

function residentMib(pid: number): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** Whether the last that was said of servers is that they can be used again. */
function isWellAgain(output: string): boolean {
  return output.lastIndexOf('can be used again') >= output.lastIndexOf('a server cannot be used');
}

interface Attempted {
  readonly agentExecution: { readonly attempts: readonly { readonly outcome: string }[] };
}

function linesOf(output: string): readonly LogLine[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
