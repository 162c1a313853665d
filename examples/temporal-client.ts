/**
 * A token's life with nothing but the Temporal client: no API of ours is involved.
 *
 * Start the server (`npm start`), run the demo once (it saves the workflow and its agent), then:
 *
 *     npx tsx examples/temporal-client.ts [address] [token-id]
 *
 * Without an address it goes by TEMPORAL_ADDRESS and the other variables and profiles of Temporal's own programs.
 */
import { Client, Connection, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  failureFacts,
  fireTransitionSignal,
  fireUpdate,
  taskQueues,
  TOKEN_LIFECYCLE,
  tokenQuery,
  type FireRequest,
  type TokenLifecycle,
} from 'circuit-breaker';

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const { address: configured = 'localhost:7233' } = connectionOptions;
const [address = configured, tokenId = `doc-${Date.now()}`] = process.argv.slice(2);

async function live(client: Client): Promise<void> {
  const handle = await client.workflow.start<TokenLifecycle>(TOKEN_LIFECYCLE, {
    taskQueue: taskQueues('circuit-breaker').main,
    workflowId: tokenId,
    args: [
      {
        workflowId: 'document_review',
        data: { content: 'Travel of more than 150 EUR needs approval before it is booked.' },
        metadata: { type: 'memo', priority: 'normal' },
      },
    ],
  });
  console.log('started', handle.workflowId);

  // A signal asks and does not wait; a refusal would become an event of the token.
  await handle.signal(fireTransitionSignal, { transitionId: 'ai_review' });

  // A query answers at any time, also after the token has ended.
  let token = await handle.query(tokenQuery);
  while (token.version === 1 || token.pending !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    token = await handle.query(tokenQuery);
  }
  console.log('after the review:', token.status, 'in', token.place, 'at version', token.version);
  if (token.incident !== undefined) console.log('the review failed:', token.incident.code, token.incident.message);
  if (token.status !== 'ACTIVE') return;

  // The first is refused: nobody publishes a document that has to be reworked.
  await fire(client, { transitionId: 'publish', expectedVersion: token.version });
  await fire(client, { transitionId: 'resubmit', expectedVersion: token.version, idempotencyKey: 'resubmit-1' });
}

/** An update answers when the fire is accepted and recorded, or is rejected with everything that blocks it. */
async function fire(client: Client, request: FireRequest): Promise<void> {
  try {
    const handle = client.workflow.getHandle(tokenId);
    const { token } = await handle.executeUpdate(fireUpdate, { args: [request] });
    console.log(`fired ${request.transitionId}: now in`, token.place);
  } catch (error) {
    const refused = failureFacts(error);
    if (refused === undefined) throw error;
    console.log(`refused ${request.transitionId}:`, refused.message);
    for (const { code, message } of refused.blockers) console.log('  blocked by', code, '-', message);
  }
}

/** What to do about what went wrong. */
async function advice(client: Client, error: unknown): Promise<string> {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return `There is a token "${tokenId}": name another one.`;
  const handle = client.workflow.getHandle(tokenId);
  if ((await handle.describe()).status.name === 'FAILED') {
    const failed: unknown = await handle.result().catch((reason: unknown) => reason);
    const said = failureFacts(failed)?.message ?? String(failed);
    return `${said}\nIs this the first try? Run the demo once, it saves the workflow and its agent: npm run demo`;
  }
  const said = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  if (said.includes('poller')) return 'No worker takes the tasks of tokens: start one with npm start';
  return said;
}

const connection = await Connection.connect({ ...connectionOptions, address }).catch(() => undefined);
if (connection === undefined) {
  console.error(`There is no Temporal server at ${address}: start one with npm start, or name another address.`);
  process.exitCode = 1;
} else {
  const client = new Client({ connection, namespace });
  try {
    await live(client);
  } catch (error) {
    console.error(await advice(client, error));
    process.exitCode = 1;
  }
  await connection.close();
}
