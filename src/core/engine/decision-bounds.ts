import { Room } from '../json/room.js';

/**
 * What Temporal may have to carry of the starts of one token's executions at a time, as JSON in UTF-8: each start is an event of
 * its history, which ends at 50 MiB, and until Temporal has all of them no new run can begin.
 */
const MAX_START_BYTES = 8 * 1024 * 1024;
/** Beyond it nothing is started before a new run: where storage is slow the records of what was started take as much again. */
const MAX_HISTORY_BYTES = 24 * 1024 * 1024;

/**
 * As many steps, of some 50 ns each, may copying and measuring of one token take in one moment: a tenth of a second. Temporal gives
 * a workflow task up after two, and the machine may be busy.
 */
const MAX_COPY_STEPS = 2_000_000;
const STEPS_PER_KEY = 4;
const BYTES_PER_STEP = 16;

export const TOO_MUCH_STARTED = `the agents of the place would together be given more than the ${MAX_START_BYTES} bytes that Temporal can carry for one token at a time: map less of the token into them, or have fewer agents at once`;

/** What decisions may take besides the steps of their rules. Taken from as they are made. */
export interface DecisionBounds {
  /** Bytes of executions that may still be started. */
  readonly starts: Room;
  /** Steps in which fields may be copied and measured. */
  readonly copies: Room;
}

/** Copying an object of so many keys, and measuring the JSON that comes of it. */
export function copySteps(keys: number, bytes: number): number {
  return keys * STEPS_PER_KEY + Math.ceil(bytes / BYTES_PER_STEP);
}

/** For a decision by itself. */
export function ownBounds(): DecisionBounds {
  return { starts: new Room(MAX_START_BYTES), copies: new Room(MAX_COPY_STEPS) };
}

/** For histories of what was decided before there were any. */
export function withoutBounds(): DecisionBounds {
  return { starts: new Room(Number.POSITIVE_INFINITY), copies: new Room(Number.POSITIVE_INFINITY) };
}

/** What Temporal has to carry for a token already. */
interface Carried {
  /** Of starts that it does not have yet. */
  readonly startingBytes: number;
  readonly historyBytes: number;
}

/** The decisions of one moment share what they may copy: a Temporal workflow sees one time during a task, and when it is replayed. */
export class MomentBounds {
  #now = '';
  #copies = new Room(MAX_COPY_STEPS);

  at(now: string, { startingBytes, historyBytes }: Carried): DecisionBounds {
    if (now !== this.#now) this.#copies = new Room(MAX_COPY_STEPS);
    this.#now = now;
    const most = Math.min(MAX_START_BYTES, MAX_HISTORY_BYTES - historyBytes);
    return { starts: new Room(most - startingBytes), copies: this.#copies };
  }
}
