import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { ApprovalDesk } from '../demo/approval-desk.js';
import { createToken } from '../demo/demo-token.js';
import { TypedLines } from '../demo/typed-lines.js';
import { FireDesk } from '../operator/fire-desk.js';
import { fireInTurn } from '../operator/fire-in-turn.js';
import { followToken } from '../operator/follow-token.js';
import { neededOperands } from '../operator/needed-operands.js';
import { readData } from '../operator/read-data.js';
import { runClient } from '../run-client.js';

/**
 * Creates a token and fires what `--fire` names; with `--follow` shows it live, and asks at the terminal what waits for a person: calls of
 * agents, and ways out of its place.
 */
export async function run(request: CommandRequest): Promise<void> {
  const { options, flags } = request;
  await runClient(request, async (parts) => {
    const { api, say } = parts;
    const [workflowId] = neededOperands(request, 'WORKFLOW');
    const data = options['data'] === undefined ? {} : await readData(options['data']);
    const token = await createToken(api, { workflowId, data });
    const isJson = flags.has('json');
    if (isJson) say(visibleJson(token));
    else say(`Token ${token.id} of ${workflowId} is in ${token.place}.`);
    const transitions = options['fire']?.split(',') ?? [];
    if (!flags.has('follow')) {
      await fireInTurn(parts, token.id, transitions);
      if (!isJson && transitions.length > 0) say(`Fired ${transitions.join(', ')}.`);
      return 0;
    }
    const typed = new TypedLines();
    const approvals = new ApprovalDesk(parts, api, typed);
    const fires = new FireDesk(parts, { transitions, ...(process.stdin.isTTY ? { typed } : {}) });
    try {
      return await followToken(parts, token.id, { approvals, fires });
    } finally {
      typed.close();
    }
  });
}
