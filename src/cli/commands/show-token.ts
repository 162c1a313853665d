import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';
import { readToken, tokenLines } from '../operator/token-view.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { runClient } from '../run-client.js';

/** One token: where it is, how it came there, and what blocks each way out. Exits with 1 where it has an incident. */
export async function showToken(request: CommandRequest): Promise<void> {
  await runClient(request, async ({ api, say }) => {
    const [id] = neededOperands(request, 'TOKEN');
    const token = await readToken(api, id);
    if (request.flags.has('json')) say(visibleJson(token));
    else for (const line of tokenLines(token)) say(line);
    return token.incident === null ? 0 : NOT_WELL;
  });
}
