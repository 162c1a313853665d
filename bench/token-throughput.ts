import { Client, Connection } from '@temporalio/client';

import { createToken, createWorkflow, graphql } from '../test/support/api-client.js';
import { startBareWorker } from './bare-worker.js';
import { printRow, timed } from './figures.js';

const TOKENS = 400;
const AT_ONCE = 50;

const WORKFLOW = {
  id: 'bench-plain',
  name: 'Bench plain',
  places: ['submitted', 'done'],
  initialPlace: 'submitted',
  transitions: [{ id: 'finish', fromPlaces: ['submitted'], toPlace: 'done' }],
};

/** Tokens per second for create, one fire, end: through our API, with a plain Temporal client, and without us at all. */
export async function benchTokens(address: string, temporalAddress: string): Promise<void> {
  await createWorkflow(address, WORKFLOW);
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  console.log(`\nTokens: create, one fire, end (${TOKENS} tokens, ${AT_ONCE} at once)`);
  await timed(50, AT_ONCE, () => throughApi(address));
  printRate('through the API', await timed(TOKENS, AT_ONCE, () => throughApi(address)));
  printRate('plain Temporal client', await timed(TOKENS, AT_ONCE, (index) => withPlainClient(client, index)));
  const bare = await startBareWorker(temporalAddress);
  await timed(50, AT_ONCE, (index) => bareToken(client, -index));
  printRate('bare SDK: one update, nothing stored', await timed(TOKENS, AT_ONCE, (index) => bareToken(client, index)));
  await bare.stop();
  await connection.close();
}

function printRate(name: string, seconds: number): void {
  printRow(name, `${(TOKENS / seconds).toFixed(1)} tokens/s`);
}

async function throughApi(address: string): Promise<void> {
  const tokenId = await createToken(address, { workflowId: 'bench-plain' });
  const query = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { token { status } } }';
  await graphql(address, query, { input: { tokenId, transitionId: 'finish' } });
}

async function withPlainClient(client: Client, index: number): Promise<void> {
  const handle = await client.workflow.start('tokenLifecycle', {
    taskQueue: 'circuit-breaker',
    workflowId: `bench-plain-${process.pid}-${index}`,
    args: [{ workflowId: 'bench-plain' }],
  });
  await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
  await handle.result();
}

async function bareToken(client: Client, index: number): Promise<void> {
  const workflowId = `bench-bare-${process.pid}-${index}`;
  const handle = await client.workflow.start('bareToken', { taskQueue: 'bench-bare', workflowId });
  await handle.executeUpdate('fire');
  await handle.result();
}
