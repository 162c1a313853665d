import { beforeAll, describe, expect, it } from 'vitest';

import { EXECUTION_PLAYS } from '../support/execution-plays.js';
import { PartedTasks } from '../support/parted-tasks.js';
import { playWays, tasksFailed } from '../support/plays.js';
import { ENDING_RUN, MOVES_OF_A_FIRE, TOKEN_PLAYS } from '../support/token-plays.js';

const WAYS = 24;

describe(
  'a life whose tasks are parted and lost, and its replay, are the same',
  { tags: ['in-turn', 'task-lost'] },
  () => {
    let tasks: PartedTasks;
    beforeAll(async () => {
      tasks = await PartedTasks.ofOurs();
    });

    it.each(TOKEN_PLAYS)('%s', async (_of, play) => {
      const { failures, lives } = await playWays(tasks, play, WAYS);
      expect(failures).toEqual([]);
      // Else it has shown nothing.
      expect(tasksFailed(lives)).toBeGreaterThan(0);
    });

    it.each(EXECUTION_PLAYS)('%s', async (_of, play) => {
      const { failures } = await playWays(tasks, play, WAYS);
      expect(failures).toEqual([]);
    });

    it('of a token whose run ends, and that loses nothing of what has arrived', async () => {
      const { failures, lives } = await playWays(tasks, ENDING_RUN, WAYS);
      expect(failures).toEqual([]);
      const ends = lives.filter(({ continued }) => continued !== undefined);
      expect(ends.length).toBeGreaterThan(0);
      for (const { tasks: lived, continued } of ends) {
        const arrived = lived.flatMap((task) => task.arrived);
        const signals = arrived.filter((one) => !('of' in one) && one.signalWorkflow != null);
        expect(continued?.[1]).toMatchObject({ token: { transitionCount: MOVES_OF_A_FIRE * signals.length } });
      }
    });
  },
);
