import type { CommandRequest } from '../command.js';
import { ApprovalDesk } from '../demo/approval-desk.js';
import { createToken } from '../demo/demo-token.js';
import { TypedLines } from '../demo/typed-lines.js';
import { followToken } from '../operator/follow-token.js';
import { neededOperands } from '../operator/needed-operands.js';
import { readData } from '../operator/read-data.js';
import { runClient } from '../run-client.js';

/** Creates a token; with `--follow` shows it live, and asks at the terminal what waits for a person. */
export async function run(request: CommandRequest): Promise<void> {
  const { options, flags } = request;
  await runClient(request, async (parts) => {
    const { api, say } = parts;
    const [workflowId] = neededOperands(request, 'WORKFLOW');
    const data = options['data'] === undefined ? {} : await readData(options['data']);
    const token = await createToken(api, { workflowId, data });
    if (flags.has('json')) say(JSON.stringify(token, null, 2));
    else say(`Token ${token.id} of ${workflowId} is in ${token.place}.`);
    if (!flags.has('follow')) return 0;
    const typed = new TypedLines();
    try {
      return await followToken(parts, token.id, new ApprovalDesk(parts, api, typed));
    } finally {
      typed.close();
    }
  });
}
