import { CircuitBreakerError } from '../core/errors.js';

/** Temporal has at most ten updates of a Temporal workflow under way. Half of them leaves room for another process. */
const AT_ONCE = 5;
/** As many as are through within the time that an answer may take, where the workflow is a small one. */
const MOST_WAITING = 500;
/** Leaves the last one time to be answered. */
const LONGEST_WAIT_MS = 12_000;

interface Line {
  underWay: number;
  readonly waiting: (() => void)[];
}

/** Lets the changes of each Temporal workflow through to Temporal a few at a time, in the order in which they came. */
export class UpdateQueue {
  readonly #lines = new Map<string, Line>();

  /** Throws RATE_LIMITED, at once, where too many wait, and later where its turn does not come in time: then nothing was asked for. */
  async run<Result>(workflowId: string, change: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(workflowId) ?? { underWay: 0, waiting: [] };
    this.#lines.set(workflowId, line);
    await turnIn(line, workflowId);
    try {
      return await change();
    } finally {
      this.#leave(line, workflowId);
    }
  }

  /** Whoever is next takes the place: those who come at this moment stand behind. */
  #leave(line: Line, workflowId: string): void {
    const next = line.waiting.shift();
    if (next !== undefined) next();
    else line.underWay -= 1;
    if (line.underWay === 0) this.#lines.delete(workflowId);
  }
}

async function turnIn(line: Line, workflowId: string): Promise<void> {
  if (line.underWay < AT_ONCE) {
    line.underWay += 1;
    return;
  }
  if (line.waiting.length >= MOST_WAITING)
    throw busy(`${MOST_WAITING} changes of "${workflowId}" are waiting already.`);
  await new Promise<void>((resolve, reject) => {
    const tooLong = setTimeout(() => {
      line.waiting.splice(line.waiting.indexOf(letThrough), 1);
      const message = `So many changes of "${workflowId}" came before this one that its turn did not come: it was not made.`;
      reject(busy(message));
    }, LONGEST_WAIT_MS);
    line.waiting.push(letThrough);
    function letThrough(): void {
      clearTimeout(tooLong);
      resolve();
    }
  });
}

function busy(message: string): CircuitBreakerError {
  return new CircuitBreakerError('RATE_LIMITED', message, { retryAfterSeconds: 1 });
}
