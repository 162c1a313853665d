import { Client, Connection } from '@temporalio/client';

import { createWorkflow } from '../test/support/api-client.js';
import { milliseconds, printRow, timed } from './figures.js';
import { residentKb, serverOf } from './resident-memory.js';

const TOKENS = 1000;
const AT_ONCE = 20;

const WORKFLOW = {
  id: 'bench-live',
  name: 'Bench live',
  places: ['left', 'right', 'done'],
  initialPlace: 'left',
  transitions: [
    { id: 'go', fromPlaces: ['left'], toPlace: 'right' },
    { id: 'back', fromPlaces: ['right'], toPlace: 'left' },
    { id: 'finish', fromPlaces: ['left'], toPlace: 'done' },
  ],
};

interface Processes {
  readonly address: string;
  readonly temporalAddress: string;
  readonly workerPid: number;
}

/** Many tokens alive at once: what a fire takes, on a fresh token and on one that is known, and what each of them holds. */
export async function benchLiveTokens({ address, temporalAddress, workerPid }: Processes): Promise<void> {
  await createWorkflow(address, WORKFLOW);
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const serverPid = serverOf(workerPid);
  const before = { worker: residentKb(workerPid), server: residentKb(serverPid) };
  const run = `bench-live-${process.pid}`;
  const fire = async (index: number, transitionId: string): Promise<number> => {
    const startedAt = performance.now();
    await client.workflow.getHandle(`${run}-${index}`).executeUpdate('fire', { args: [{ transitionId }] });
    return performance.now() - startedAt;
  };
  console.log(`\nLive tokens: ${TOKENS} at once, ${AT_ONCE} requests at a time`);
  const first: number[] = [];
  const seconds = await timed(TOKENS, AT_ONCE, async (index) => {
    await client.workflow.start('tokenLifecycle', {
      taskQueue: 'circuit-breaker',
      workflowId: `${run}-${index}`,
      args: [{ workflowId: 'bench-live' }],
    });
    first.push(await fire(index, 'go'));
  });
  printRow('created and fired once', `${(TOKENS / seconds).toFixed(1)} tokens/s`);
  printRow('first fire, on a fresh token', milliseconds(first));
  const later: number[] = [];
  await timed(TOKENS, AT_ONCE, async (index) => {
    later.push(await fire(index, 'back'));
  });
  printRow(`a later fire, ${AT_ONCE} at once`, milliseconds(later));
  const alone: number[] = [];
  for (let index = 1; index <= 50; index += 1) alone.push(await fire(index, 'go'));
  printRow('a later fire, one at a time', milliseconds(alone));
  const perToken = (kb: number, since: number) => `${((kb - since) / TOKENS).toFixed(0)} KB per live token`;
  printRow('resident memory, worker and API', perToken(residentKb(workerPid), before.worker));
  printRow('resident memory, Temporal server', perToken(residentKb(serverPid), before.server));
  await timed(TOKENS, AT_ONCE, async (index) => {
    await client.workflow.getHandle(`${run}-${index}`).terminate();
  });
  await connection.close();
}
