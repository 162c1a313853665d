import { isJsonObject } from '../json/json.js';
import type { Problem } from '../json/problem.js';
import { MessageFields } from '../json/read-message.js';

/**
 * What is wrong with the request of an execution, which anybody may have sent. Its id is that of its Temporal workflow: under
 * another one it would record, and end, what is not its own. Its input may be anything.
 */
export function checkExecutionRequest(message: unknown, id: string): readonly Problem[] {
  if (!isJsonObject(message)) return [{ code: 'INVALID_VALUE', pointer: '', message: 'must be an object' }];
  const fields = new MessageFields(message);
  const { executionId, agentId, conversationId } = message;
  if (executionId !== id) fields.refuse('executionId', 'executionId must be the id of the Temporal workflow');
  if (!isText(agentId)) fields.refuse('agentId', 'agentId must be a text');
  if (conversationId != null && !isText(conversationId))
    fields.refuse('conversationId', 'conversationId must be a text');
  fields.wholeNumber('agentVersion');
  fields.flag('bypassCache');
  fields.object('overrides');
  const token = fields.object('token');
  const isToken = ['id', 'workflowId', 'place'].every((name) => isText(token?.[name]));
  if (token !== undefined && !isToken) fields.refuse('token', 'token needs the texts id, workflowId and place');
  return fields.problems;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
