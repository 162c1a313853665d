import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { identityOf } from '../../src/backends/postgres/running-process.js';
import { startProgram } from '../../src/temporal/child-process.js';
import type { ComposeService } from './compose-file.js';
import { isHealthy } from './health-check.js';
import { environmentOf, type Launch } from './local-programs.js';
import type { LocalService } from './local-service.js';
import { killFamily } from './process-family.js';
import type { ProcessRecord } from './process-record.js';

/** As Docker does: longer after each end that came soon. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;
/** Whoever ran so long begins anew. */
const RAN_LONG_MS = 10_000;
/** So many times the file's patience with a start: here all start at once on one machine, beside whatever else it does. */
const MORE_PATIENCE = 4;
/** While one is waited for; the file's interval is for what runs. */
const LOOK_EVERY_MS = 300;

export interface ServiceProcessOptions {
  readonly service: ComposeService;
  readonly local: LocalService;
  readonly launch: Launch;
  /** Where it is written down what was started, for whoever comes after a cluster that was killed. */
  readonly record: ProcessRecord;
  /** A line of its output, or about it. */
  readonly say: (line: string) => void;
}

/** A process of a service: started, looked after as its `restart:` says, and ended in order. */
export class ServiceProcess {
  readonly #options: ServiceProcessOptions;
  #child: ChildProcess | undefined;
  #state: 'idle' | 'running' | 'ending' = 'idle';
  #looking: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.local.name;
  }

  get service(): string {
    return this.#options.service.name;
  }

  /** Of the process that runs; undefined between two. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    await this.#options.launch.prepare?.();
    this.#state = 'running';
    this.#looking = this.#lookAfter();
  }

  /** Whether it is well now, as the check of the file says. */
  async isWell(): Promise<boolean> {
    const { local, launch, service } = this.#options;
    if (this.#child === undefined) return false;
    return await (launch.isWell?.() ?? isHealthy(local, service.healthcheck?.timeout ?? 5000));
  }

  /**
   * Resolves when it is well. Rejects when it is to be started no more, or was not well for longer than a start is waited for.
   */
  async untilWell(): Promise<void> {
    const { healthcheck } = this.#options.service;
    const patienceMs =
      MORE_PATIENCE *
      (healthcheck === undefined ? 60_000 : healthcheck.start_period + healthcheck.interval * healthcheck.retries);
    const until = Date.now() + patienceMs;
    while (!(await this.isWell())) {
      if (this.#state !== 'running') throw new Error(`${this.name} has ended`);
      if (Date.now() > until) throw new Error(`${this.name} was not well within ${patienceMs / 1000} s`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** The hard way, with all that it started, as when a container is killed. It comes again as its `restart:` says. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const ended = once(child, 'exit');
    killFamily(identityOf(child.pid));
    await ended;
  }

  /** In order, and the hard way after its `stop_grace_period`. */
  async stop(): Promise<void> {
    const { stop_signal: signal, stop_grace_period: graceMs } = this.#options.service;
    this.#state = 'ending';
    this.#ending.abort();
    const child = this.#child;
    child?.kill(signal);
    const isOver = await Promise.race([this.#looking.then(() => true), delay(graceMs, false, { ref: false })]);
    if (isOver) return;
    this.#options.say(`did not end within ${graceMs / 1000} s of ${signal}: killed`);
    await this.kill();
    await this.#looking;
  }

  async #lookAfter(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (this.#isToGoOn()) {
      const startedAt = Date.now();
      const end = await this.#run();
      this.#child = undefined;
      if (!this.#isToGoOn()) return;
      const { restart } = this.#options.service;
      const goesOn = restart === 'always' || restart === 'unless-stopped' || (restart !== 'no' && end !== '0');
      if (Date.now() - startedAt > RAN_LONG_MS) pauseMs = FIRST_PAUSE_MS;
      this.#options.say(`ended (${end})${goesOn ? `; started again in ${pauseMs} ms` : ''}`);
      if (!goesOn) this.#state = 'ending';
      await delay(pauseMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** Asked anew each time: it changes while a process runs. */
  #isToGoOn(): boolean {
    return this.#state === 'running';
  }

  /** Gives the code or the signal that it ended with. */
  async #run(): Promise<string> {
    const { local, launch, record, say } = this.#options;
    const child = startProgram(launch.program, launch.args, {
      environment: environmentOf(local),
      cwd: local.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A Ctrl-C is for us alone: what is needed by others ends after them.
      detached: true,
      ...(launch.user ?? {}),
    });
    this.#child = child;
    const forget = record.add(child.pid);
    for (const output of [child.stdout, child.stderr]) if (output !== null) createInterface(output).on('line', say);
    return await new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        resolve(String(code ?? signal));
      });
    }).finally(forget);
  }
}
