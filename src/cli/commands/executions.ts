import { notFound } from '../../core/errors.js';
import type { JsonObject } from '../../core/json/json.js';
import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { besideJson } from '../operator/beside-json.js';
import { followExecution } from '../operator/follow-execution.js';
import { neededOperands } from '../operator/needed-operands.js';
import { pageSize } from '../operator/page-size.js';
import { printList, type Listed } from '../operator/print-list.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { runClient, type ClientParts } from '../run-client.js';

const FIELDS = 'id agentId agentVersion tokenId workflowId transitionId status errorCode createdAt durationMs';
const EXECUTIONS = `query ($status: ExecutionStatus, $agentId: String, $workflowId: String, $tokenId: String, $first: Int!) {
  agentExecutions(status: $status, agentId: $agentId, workflowId: $workflowId, tokenId: $tokenId, first: $first) {
    nodes { ${FIELDS} }
    pageInfo { hasNextPage }
  }
}`;
const EXECUTION = `query ($id: String!) {
  agentExecution(id: $id) {
    ${FIELDS} errorMessage warnings finalResponse output attemptCount cachedFrom usage { inputTokens outputTokens }
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
    const isFollowed = flags.has('follow');
    if (isFollowed) {
      await read(parts, id);
      await followExecution(flags.has('json') ? besideJson(parts) : parts, id);
    }
    return await showExecution(parts, id, { isJson: flags.has('json'), withText: !isFollowed });
  });
}

/** Says how an execution stands. Gives back the exit code: 1 where it did not end well. */
export async function showExecution(
  parts: Pick<ClientParts, 'api' | 'say'>,
  id: string,
  { isJson, withText }: { readonly isJson: boolean; readonly withText: boolean },
): Promise<number> {
  const found = await read(parts, id);
  if (isJson) parts.say(visibleJson(found));
  else for (const line of lines(found, withText)) parts.say(line);
  return FAILED.has(found['status']) ? NOT_WELL : 0;
}

async function read({ api }: Pick<ClientParts, 'api'>, id: string): Promise<JsonObject> {
  const { agentExecution } = await api.query<{ agentExecution: JsonObject | null }>(EXECUTION, { id });
  if (agentExecution === null) throw notFound('execution', id);
  return agentExecution;
}

function lines(found: JsonObject, withText: boolean): readonly string[] {
  const text = (name: string) => (typeof found[name] === 'string' ? found[name] : '');
  const { agentVersion, attemptCount, warnings } = found;
  const ofToken = text('tokenId') === '' ? '' : `, for token ${text('tokenId')}`;
  return [
    `Execution ${text('id')}: agent ${text('agentId')} version ${JSON.stringify(agentVersion)}${ofToken}`,
    text('cachedFrom') === ''
      ? `Status    ${text('status')}, after ${JSON.stringify(attemptCount)} model ${attemptCount === 1 ? 'call' : 'calls'}`
      : `Status    ${text('status')}, with the answer that execution ${text('cachedFrom')} was given`,
    ...(text('errorCode') === '' ? [] : [`Error     ${text('errorCode')}: ${text('errorMessage')}`]),
    ...(Array.isArray(warnings) ? warnings.map((warning) => `Warning   ${String(warning)}`) : []),
    ...(withText && text('finalResponse') !== '' ? ['', text('finalResponse')] : []),
  ];
}
