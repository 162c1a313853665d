import { expect, it } from 'vitest';

import { runClusterTrial } from '../support/cluster-trial.js';
import { report } from '../support/report.js';

const EXECUTIONS = 30;

it(
  `the cluster of docker-compose.yml ends ${EXECUTIONS} executions as promised while one process of each service is killed`,
  {
    tags: [
      'worker-killed',
      'api-killed',
      'temporal-killed',
      'storage-away',
      'stream-away',
      'limits-away',
      'on-postgres',
      'on-nats',
    ],
  },
  async () => {
    const said: string[] = [];
    const { wrong, kills, calls, lostAttempts, reconnections, tookMs } = await runClusterTrial({
      ...{ executions: EXECUTIONS, seed: 20261129 },
      say: (name, line) => said.push(`${name} | ${line}`),
    });
    report(`${EXECUTIONS} executions in ${Math.round(tookMs / 1000)} s: ${calls} calls, ${lostAttempts} attempts lost`);
    expect(wrong, said.slice(-200).join('\n')).toEqual([]);
    expect(kills).toEqual({ api: 1, nats: 1, postgres: 1, proxy: 1, redis: 1, temporal: 1, worker: 1 });
    // Kills that nobody noticed would show nothing.
    expect(reconnections).toBeGreaterThan(0);
  },
);
