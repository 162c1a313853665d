import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { isServed } from '../../src/temporal/held-by-build.js';

/** A client whose queries come to this. */
function clientThat(query: () => Promise<unknown>): Client {
  const client: unknown = {
    withDeadline: (_deadline: number, run: () => Promise<unknown>) => run(),
    workflow: { getHandle: () => ({ query }) },
  };
  return client as Client;
}

/** As the client gives it. */
function refused(code: number, details: string): () => Promise<unknown> {
  const cause = Object.assign(new Error(details), { code, details, metadata: {} });
  return () => Promise.reject(new Error('Failed to query Workflow', { cause }));
}

const ask = (client: Client) => isServed(client, { workflowId: 'order-1', query: 'token' }, 1000);

describe('a Temporal workflow', () => {
  it.each([
    ['waited for nobody', refused(4, 'Deadline exceeded')],
    ['was ended by the server', refused(1, 'Call cancelled')],
    ['was not let wait, minutes after the last worker', refused(9, 'no poller seen for task queue recently')],
  ])('whose query %s is served by no worker', async (_how, query) => {
    expect(await ask(clientThat(query))).toBe(false);
  });

  it.each([
    ['answers', () => Promise.resolve({})],
    ['has no such query', refused(3, 'unknown query')],
  ])('whose worker %s is served', async (_how, query) => {
    expect(await ask(clientThat(query))).toBe(true);
  });
});
