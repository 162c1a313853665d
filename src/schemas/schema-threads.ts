import { CircuitBreakerError } from '../core/errors.js';
import type { JsonObject } from '../core/json/json.js';
import type { Misfit, Problem } from '../core/json/problem.js';
import type { CheckedAnswer, Expectation, SchemaChecker } from './schema-checker.js';
import type { SchemaJob } from './schema-job.js';
import { SchemaThread, type JobEnd } from './schema-thread.js';

export interface SchemaThreadsOptions {
  /** At once; they are started when they are needed. */
  readonly threads: number;
  /** For a schema that is saved. */
  readonly checkLimitMs: number;
  /** For an answer, its schema included. More than the other: what could be saved must not fail on a busier machine. */
  readonly readLimitMs: number;
  /** For each thread. */
  readonly memoryMb: number;
  /** How many may wait for a thread to check a schema; an answer always waits. */
  readonly mostWaiting: number;
}

export const DEFAULT_SCHEMA_THREADS: SchemaThreadsOptions = {
  threads: 2,
  checkLimitMs: 1000,
  readLimitMs: 3000,
  memoryMb: 192,
  mostWaiting: 100,
};

/**
 * The schema checker of a process: few threads of its own, so that a schema or an answer that takes for ever holds up
 * nothing but others of its kind, and those not for long. A thread that is ended is replaced by the next job.
 */
export class SchemaThreads implements SchemaChecker {
  readonly #options: SchemaThreadsOptions;
  readonly #free: SchemaThread[] = [];
  readonly #all = new Set<SchemaThread>();
  /** Answers come first: they are paid for. */
  readonly #waiting: Readonly<Record<SchemaJob['type'], ((thread: SchemaThread) => void)[]>> = {
    ...{ read: [], fit: [], check: [] },
  };

  constructor(options: SchemaThreadsOptions = DEFAULT_SCHEMA_THREADS) {
    this.#options = options;
  }

  async problemsOf(schema: JsonObject): Promise<readonly Problem[]> {
    const { checkLimitMs } = this.#options;
    const end = await this.#run({ type: 'check', schema: JSON.stringify(schema) }, checkLimitMs);
    if (end.type === 'late') return [tooCostly(`takes longer than ${checkLimitMs / 1000} s to compile`)];
    if (end.type === 'out of memory') return [tooCostly('takes too much memory to compile')];
    if (end.type === 'done' && end.word.type === 'checked') return end.word.problems;
    throw failed(end);
  }

  async readAnswer(text: string, { schema, outputs }: Expectation): Promise<CheckedAnswer> {
    const { readLimitMs } = this.#options;
    const end = await this.#run({ type: 'read', schema: JSON.stringify(schema), text, outputs }, readLimitMs);
    if (end.type === 'late') return uncheckable(`took longer than ${readLimitMs / 1000} s`);
    if (end.type === 'out of memory') return uncheckable('took too much memory');
    if (end.type === 'done' && end.word.type === 'read') return end.word.answer;
    // A defect comes again with the same answer: that is not worth waiting for.
    if (end.type === 'done' && end.word.type === 'defect') return uncheckable(`failed (${end.word.message})`);
    throw failed(end);
  }

  async misfitsOf(value: JsonObject, schema: JsonObject): Promise<readonly Misfit[]> {
    const { readLimitMs } = this.#options;
    const end = await this.#run({ type: 'fit', schema: JSON.stringify(schema), value }, readLimitMs);
    if (end.type === 'late') return misfit(`it takes longer than ${readLimitMs / 1000} s to look at`);
    if (end.type === 'out of memory') return misfit('it takes too much memory to look at');
    if (end.type === 'done' && end.word.type === 'fitted') return end.word.misfits;
    throw failed(end);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.stop()));
  }

  async #run(job: SchemaJob, limitMs: number): Promise<JobEnd> {
    const thread = await this.#thread(job.type);
    const end = await thread.run(job, limitMs);
    this.#release(thread);
    return end;
  }

  #thread(type: SchemaJob['type']): Promise<SchemaThread> {
    const free = this.#living() ?? this.#another();
    if (free !== undefined) return Promise.resolve(free);
    if (type === 'check' && this.#waiting.check.length >= this.#options.mostWaiting) {
      const message = 'Too many schemas are being checked at the moment: try again.';
      return Promise.reject(new CircuitBreakerError('UNAVAILABLE', message));
    }
    return new Promise((begin) => {
      this.#waiting[type].push(begin);
    });
  }

  /** A free one, if any is left that has not died meanwhile. */
  #living(): SchemaThread | undefined {
    for (let thread = this.#free.pop(); thread !== undefined; thread = this.#free.pop()) {
      if (!thread.isDead) return thread;
      this.#all.delete(thread);
    }
    return undefined;
  }

  #another(): SchemaThread | undefined {
    if (this.#all.size >= this.#options.threads) return undefined;
    const thread = new SchemaThread(this.#options.memoryMb);
    this.#all.add(thread);
    return thread;
  }

  #release(thread: SchemaThread): void {
    if (thread.isDead) this.#all.delete(thread);
    const { read, fit, check } = this.#waiting;
    const next = read.shift() ?? fit.shift() ?? check.shift();
    const usable = thread.isDead ? next && this.#another() : thread;
    if (usable === undefined) return;
    if (next === undefined) this.#free.push(usable);
    else next(usable);
  }
}

function tooCostly(what: string): Problem {
  const message = `${what}: have fewer references, and simpler patterns`;
  return { code: 'OUTPUT_SCHEMA_TOO_COSTLY', pointer: '', message };
}

function uncheckable(what: string): CheckedAnswer {
  const problem = `The answer cannot be checked: that ${what}. Simplify the patterns and references of the output schema.`;
  return { type: 'uncheckable', problem };
}

function failed(end: JobEnd): Error {
  const reason =
    end.type === 'dead' ? end.reason : end.type === 'done' && end.word.type === 'defect' ? end.word.message : end.type;
  return new CircuitBreakerError('UNAVAILABLE', `Schemas cannot be checked at the moment: ${reason}.`);
}

function misfit(message: string): readonly Misfit[] {
  return [{ pointer: '', message }];
}
