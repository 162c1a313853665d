import { notFound } from '../../core/errors.js';
import type { JsonObject } from '../../core/json/json.js';
import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { followExecution } from '../operator/follow-execution.js';
import { neededOperands } from '../operator/needed-operands.js';
import { pageSize } from '../operator/page-size.js';
import { printList, type Listed } from '../operator/print-list.js';
import { NOT_WELL } from '../exit-codes.js';
import { runClient } from '../run-client.js';

const FIELDS = 'id agentId agentVersion tokenId workflowId transitionId status errorCode createdAt durationMs';
const EXECUTIONS = `query ($status: ExecutionStatus, $agentId: String, $workflowId: String, $tokenId: String, $first: Int!) {
  agentExecutions(status: $status, agentId: $agentId, workflowId: $workflowId, tokenId: $tokenId, first: $first) {
    nodes { ${FIELDS} }
    pageInfo { hasNextPage }
  }
}`;
const EXECUTION = `query ($id: String!) {
  agentExecution(id: $id) {
    ${FIELDS} errorMessage warnings finalResponse output attemptCount usage { inputTokens outputTokens }
  }
}`;
/** What ended otherwise than it should. */
const FAILED: ReadonlySet<unknown> = new Set(['FAILED', 'TIMEOUT', 'CANCELLED', 'TERMINATED']);

/** The newest executions first. */
export async function executions(request: CommandRequest): Promise<void> {
  const { status, agent: agentId, workflow: workflowId, token: tokenId, first } = request.options;
  await runClient(request, async (parts) => {
    const variables = { status, agentId, workflowId, tokenId, first: pageSize(first) };
    const { agentExecutions } = await parts.api.query<{ agentExecutions: Listed<JsonObject> }>(EXECUTIONS, variables);
    printList({ ...parts, json: request.flags.has('json') }, agentExecutions, {
      what: 'executions',
      columns: ['EXECUTION', 'AGENT', 'TOKEN', 'STATUS', 'CREATED', 'ERROR'],
      cells: ({ id, agentId: agent, tokenId: token, status: state, createdAt, errorCode }) =>
        [id, agent, token, state, createdAt, errorCode].map((cell = null) => cell),
    });
    return 0;
  });
}

/** One execution; with `--follow` as it runs. Exits with 1 where it did not end well. */
export async function execution(request: CommandRequest): Promise<void> {
  const { flags } = request;
  await runClient(request, async (parts) => {
    const [id] = neededOperands(request, 'EXECUTION');
    const { api, say } = parts;
    const read = async () => {
      const { agentExecution } = await api.query<{ agentExecution: JsonObject | null }>(EXECUTION, { id });
      if (agentExecution === null) throw notFound('execution', id);
      return agentExecution;
    };
    if (flags.has('follow')) {
      await read();
      await followExecution(parts, id);
    }
    const found = await read();
    if (flags.has('json')) say(visibleJson(found));
    else for (const line of lines(found, !flags.has('follow'))) say(line);
    return FAILED.has(found['status']) ? NOT_WELL : 0;
  });
}

function lines(found: JsonObject, withText: boolean): readonly string[] {
  const text = (name: string) => (typeof found[name] === 'string' ? found[name] : '');
  const { agentVersion, attemptCount, warnings } = found;
  const ofToken = text('tokenId') === '' ? '' : `, for token ${text('tokenId')}`;
  return [
    `Execution ${text('id')}: agent ${text('agentId')} version ${JSON.stringify(agentVersion)}${ofToken}`,
    `Status    ${text('status')}, after ${JSON.stringify(attemptCount)} model calls`,
    ...(text('errorCode') === '' ? [] : [`Error     ${text('errorCode')}: ${text('errorMessage')}`]),
    ...(Array.isArray(warnings) ? warnings.map((warning) => `Warning   ${String(warning)}`) : []),
    ...(withText && text('finalResponse') !== '' ? ['', text('finalResponse')] : []),
  ];
}
