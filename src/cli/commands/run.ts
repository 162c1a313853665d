import { visibleJson, visibleJsonLine } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { createToken } from '../operator/token-mutations.js';
import { fireInTurn } from '../operator/fire-in-turn.js';
import { followAtTerminal } from '../operator/follow-at-terminal.js';
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
    const [isJson, isFollowed] = [flags.has('json'), flags.has('follow')];
    if (isJson) say(isFollowed ? visibleJsonLine(token) : visibleJson(token));
    else say(`Token ${token.id} of ${workflowId} is in ${token.place}.`);
    const transitions = options['fire']?.split(',') ?? [];
    if (!isFollowed) {
      await fireInTurn(parts, token.id, transitions);
      if (!isJson && transitions.length > 0) say(`Fired ${transitions.join(', ')}.`);
      return 0;
    }
    return await followAtTerminal(parts, { id: token.id, after: 0, transitions, isJson });
  });
}
