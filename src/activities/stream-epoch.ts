import type { Context } from '@temporalio/activity';

/** More than milliseconds have until the year 2109; with 2,000 turns before them they are exact in a double. */
const A_TURN = 2 ** 42;

/**
 * What an attempt claims its stream with. A later turn comes after every attempt of those before it, whatever the clocks
 * say; within a turn the time decides at which Temporal scheduled the attempt, also after a reset of the workflow.
 */
export function streamEpoch(turn: number, { info }: Pick<Context, 'info'>): number {
  return turn * A_TURN + info.currentAttemptScheduledTimestampMs;
}
