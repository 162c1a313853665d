/**
 * A token's life with nothing but the Temporal client: no API of ours is involved.
 *
 * Start the server (`npm start`), run the demo once (it saves the workflow and its agent), then:
 *
 *     npx tsx examples/temporal-client.ts [address] [token-id]
 */
import { Client, Connection, WorkflowUpdateFailedError } from '@temporalio/client';

const [address = 'localhost:7233', tokenId = `doc-${Date.now()}`] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection });

const handle = await client.workflow.start('tokenLifecycle', {
  taskQueue: 'circuit-breaker',
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
await handle.signal('fireTransition', { transitionId: 'ai_review' });

interface TokenView {
  readonly place: string;
  readonly status: string;
  readonly version: number;
  readonly pending?: object;
}

// A query answers at any time, also after the token has ended.
let token = await handle.query<TokenView>('token');
while (token.version === 1 || token.pending !== undefined) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  token = await handle.query<TokenView>('token');
}
console.log('after the review:', token.status, 'in', token.place, 'at version', token.version);

// An update answers when it is accepted and recorded, or is rejected with every blocker.
try {
  const args: [object] = [{ transitionId: 'resubmit', expectedVersion: token.version, idempotencyKey: 'resubmit-1' }];
  const { token: fired } = await handle.executeUpdate<{ token: TokenView }, [object]>('fire', { args });
  console.log('resubmitted: now in', fired.place);
} catch (error) {
  if (!(error instanceof WorkflowUpdateFailedError))
    console.log('not fired:', error instanceof Error ? error.message : error);
  else console.log('refused:', error.cause?.message);
}

await connection.close();
