import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Every history of the namespace, with what its payloads hold. */
export async function temporalHistories(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const json = historyToJSON(await client.workflow.getHandle(workflowId, runId).fetchHistory());
    const payloads = [...json.matchAll(/"data":\s*"([^"]*)"/g)];
    texts.push(json, ...payloads.map(([, data = '']) => Buffer.from(data, 'base64').toString('utf8')));
  }
  await connection.close();
  return texts.join('\n');
}
