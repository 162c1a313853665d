import { WebSocket } from 'ws';

import { graphql } from '../test/support/api-client.js';

const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';

/** Has an agent work on its own, seen by a viewer: milliseconds from the request on. */
export async function executed(address: string, agentId: string, input: string) {
  const startedAt = performance.now();
  const { id } = (await graphql<{ executeAgent: { id: string } }>(address, EXECUTE, { input: { agentId, input } }))
    .executeAgent;
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/agent-stream/${id}?types=content_chunk`);
  let firstChunkMs = Number.NaN;
  let completedMs = Number.NaN;
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const sinceMs = performance.now() - startedAt;
    if (text.includes('"content_chunk"') && Number.isNaN(firstChunkMs)) firstChunkMs = sinceMs;
    if (text.includes('"completed"')) completedMs = sinceMs;
  });
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', resolve);
  });
  return { firstChunkMs, completedMs };
}
