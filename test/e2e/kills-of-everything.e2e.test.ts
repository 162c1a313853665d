import { expect, it } from 'vitest';

import { runKillTrial } from '../support/kill-trial.js';
import { report } from '../support/report.js';

const KILLS = 3;

it(
  `everything on one folder, killed at ${KILLS} random moments under load, has all that was acknowledged after each start`,
  { tags: ['all-killed', 'on-pglite'] },
  async () => {
    const said: string[] = [];
    const { wrong, acknowledged, killedAtStart, slowestStartMs } = await runKillTrial({
      ...{ kills: KILLS, seed: 20261129 },
      say: (line) => said.push(line),
    });
    report(`${acknowledged}; ${killedAtStart} kills more at a start, the slowest of which took ${slowestStartMs} ms`);
    expect(wrong, said.join('\n')).toEqual([]);
    expect(acknowledged).toMatch(/[1-9]\d* answers$/);
  },
);
