import type { JsonObject } from '../../core/json/json.js';
import type { CommandRequest } from '../command.js';
import { pageSize } from '../operator/page-size.js';
import { printList, type Listed } from '../operator/print-list.js';
import { runClient } from '../run-client.js';

const ALERTS = `query ($isOpen: Boolean, $first: Int!) {
  alerts(isOpen: $isOpen, first: $first) {
    nodes { id name subject workflowId since endedAt value threshold summary whatToDo }
    pageInfo { hasNextPage }
  }
}`;

/** What is wrong now, and with `--all` what was; the newest first. */
export async function alerts(request: CommandRequest): Promise<void> {
  const { flags } = request;
  const { first } = request.options;
  await runClient(request, async (parts) => {
    const variables = { ...(flags.has('all') ? {} : { isOpen: true }), first: pageSize(first) };
    const { alerts: found } = await parts.api.query<{ alerts: Listed<JsonObject> }>(ALERTS, variables);
    printList({ ...parts, json: flags.has('json') }, found, {
      what: flags.has('all') ? 'alerts' : 'open alerts',
      columns: ['ALERT', 'SUBJECT', 'SINCE', 'OVER', 'WHAT', 'TO DO'],
      cells: ({ name, subject, since, endedAt, summary, whatToDo }) =>
        [name, subject, since, endedAt, summary, whatToDo].map((cell = null) => cell),
    });
    return 0;
  });
}
