import { CircuitBreakerError } from '../core/errors.js';

/** Temporal has at most ten updates of a Temporal workflow under way. Half of them leaves room for another process. */
const AT_ONCE = 5;
/** As many as are through within the time that an answer may take. */
const MOST_WAITING = 500;

interface Line {
  underWay: number;
  readonly waiting: (() => void)[];
}

/** Lets the changes of each Temporal workflow through to Temporal a few at a time, in the order in which they came. */
export class UpdateQueue {
  readonly #lines = new Map<string, Line>();

  /** Throws RATE_LIMITED, at once, where too many wait. */
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
  if (line.waiting.length >= MOST_WAITING) {
    const message = `${MOST_WAITING} changes of "${workflowId}" are waiting already.`;
    throw new CircuitBreakerError('RATE_LIMITED', message, { retryAfterSeconds: 1 });
  }
  await new Promise<void>((resolve) => {
    line.waiting.push(resolve);
  });
}
