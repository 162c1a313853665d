import { Worker } from 'node:worker_threads';

import type { SchemaJob, ThreadWord } from './schema-job.js';

/** How a job ended. After `late`, `out of memory` and `dead` the thread is no more. */
export type JobEnd =
  | { readonly type: 'done'; readonly word: ThreadWord }
  | { readonly type: 'late' }
  | { readonly type: 'out of memory' }
  | { readonly type: 'dead'; readonly reason: string };

/** From sources it loads a compiler first, on a machine that may be busy. */
const START_LIMIT_MS = 60_000;
const TICK_MS = 50;

/** A thread that does one job at a time, and is ended when one takes too long. */
export class SchemaThread {
  readonly #worker: Worker;
  readonly #ready: Promise<JobEnd>;
  #end: (end: JobEnd) => void = () => undefined;
  #isDead = false;

  constructor(memoryMb: number) {
    this.#worker = startWorker(memoryMb);
    this.#worker.on('message', (word: ThreadWord) => {
      this.#end({ type: 'done', word });
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      this.#die(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? { type: 'out of memory' } : { type: 'dead', reason: error.message },
      );
    });
    this.#worker.on('exit', (code) => {
      this.#die({ type: 'dead', reason: `exit code ${code}` });
    });
    // A process that has nothing else to do may end. Said after the listeners, which would keep it.
    this.#worker.unref();
    this.#ready = this.#next(START_LIMIT_MS);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Does a job. Its time begins when the thread can do it. */
  async run(job: SchemaJob, limitMs: number): Promise<JobEnd> {
    const started = await this.#ready;
    if (started.type === 'late') return { type: 'dead', reason: `it did not start within ${START_LIMIT_MS} ms` };
    if (started.type !== 'done') return started;
    if (this.#isDead) return { type: 'dead', reason: 'it was ended' };
    const ended = this.#next(limitMs);
    this.#worker.postMessage(job);
    return await ended;
  }

  async stop(): Promise<void> {
    this.#die({ type: 'dead', reason: 'it was ended' });
    await this.#worker.terminate();
  }

  /** The next word of the thread. Time is counted in ticks: a process that was frozen for a while has had none. */
  #next(limitMs: number): Promise<JobEnd> {
    return new Promise((resolve) => {
      let ticksLeft = Math.ceil(limitMs / TICK_MS);
      const clock = setInterval(() => {
        ticksLeft -= 1;
        if (ticksLeft > 0) return;
        this.#die({ type: 'late' });
        void this.#worker.terminate();
      }, TICK_MS);
      this.#end = (end) => {
        clearInterval(clock);
        this.#end = () => undefined;
        resolve(end);
      };
    });
  }

  #die(end: JobEnd): void {
    this.#isDead = true;
    this.#end(end);
  }
}

/** It gets no environment, and so no key. */
function startWorker(memoryMb: number): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: memoryMb, stackSizeMb: 4 };
  return new Worker(entry(), { env: {}, execArgv: [], resourceLimits });
}

/** The entry beside this file: JavaScript when built, TypeScript when run from source, which the thread learns to read first. */
function entry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./thread-entry.js', import.meta.url);
  const [tsx, source] = [import.meta.resolve('tsx/esm/api'), new URL('./thread-entry.ts', import.meta.url).href];
  const code = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(source)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
