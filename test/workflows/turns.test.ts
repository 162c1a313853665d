import { beforeAll, describe, expect, it } from 'vitest';

import { EXECUTION_PLAYS } from '../support/execution-plays.js';
import { PartedTasks } from '../support/parted-tasks.js';
import { playWays } from '../support/plays.js';
import { TOKEN_PLAYS } from '../support/token-plays.js';

/** Enough to see that something is wrong: `turns.integration` goes many more. */
const WAYS = 2;

describe('a life whose tasks are parted and lost, and its replay, are the same', { tags: 'in-turn' }, () => {
  let tasks: PartedTasks;
  beforeAll(async () => {
    tasks = await PartedTasks.ofOurs();
  });

  it.each([...TOKEN_PLAYS, ...EXECUTION_PLAYS])('%s', async (_of, play) => {
    const { failures } = await playWays(tasks, play, WAYS);
    expect(failures).toEqual([]);
  });
});
