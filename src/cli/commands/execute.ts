import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { ApprovalDesk } from '../operator/approval-desk.js';
import { besideJson } from '../operator/beside-json.js';
import { followExecution } from '../operator/follow-execution.js';
import { neededOperands } from '../operator/needed-operands.js';
import { readData } from '../operator/read-data.js';
import { TypedLines } from '../operator/typed-lines.js';
import { runClient, type ClientParts } from '../run-client.js';
import { showExecution } from './executions.js';

const EXECUTE =
  'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id agentId agentVersion status } }';

interface BegunExecution {
  readonly id: string;
  readonly agentId: string;
  readonly agentVersion: number;
  readonly status: string;
}

/** Has an agent work on its own, for no token; with `--follow` shows it to its end, and exits with 1 where it did not end well. */
export async function execute(request: CommandRequest): Promise<void> {
  const { options, flags } = request;
  await runClient(request, async (parts) => {
    const [agentId] = neededOperands(request, 'AGENT');
    const input = {
      agentId,
      ...(options['data'] === undefined ? {} : { input: await readData(options['data']) }),
      ...(flags.has('bypass-cache') ? { bypassCache: true } : {}),
    };
    const { executeAgent: begun } = await parts.api.query<{ readonly executeAgent: BegunExecution }>(EXECUTE, {
      input,
    });
    const isJson = flags.has('json');
    if (!flags.has('follow')) {
      parts.say(isJson ? visibleJson({ ...begun }) : `Agent ${agentId} works: execution ${begun.id}`);
      return 0;
    }
    await followWithDesk(isJson ? besideJson(parts) : parts, begun.id);
    return await showExecution(parts, begun.id, { isJson, withText: false });
  });
}

async function followWithDesk(parts: ClientParts, executionId: string): Promise<void> {
  const typed = new TypedLines();
  try {
    await followExecution({ ...parts, desk: new ApprovalDesk(parts, parts.api, typed) }, executionId);
  } finally {
    typed.close();
  }
}
