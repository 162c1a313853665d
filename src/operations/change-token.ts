import { accepted, notFound } from '../core/errors.js';
import type { AgentExecution } from '../core/executions/execution.js';
import type { Token } from '../core/tokens/token.js';
import { parseUpdateRequest } from '../core/tokens/update-request.js';
import type { OperationParts } from './operation-parts.js';
import { closedToken } from './fire-transition.js';
import type { TokenChange } from '../temporal/temporal-gateway.js';

/** Merges patches into a token's data and metadata. */
export async function updateToken(parts: OperationParts, id: string, input: unknown): Promise<Token> {
  const request = accepted('The update', parseUpdateRequest(input));
  return (await changeToken(parts, id, { name: 'updateToken', request })).token;
}

/** Tries again what raised the token's incident; without one it gives the token as it is. */
export async function retryToken(parts: OperationParts, id: string): Promise<Token> {
  return (await changeToken(parts, id, { name: 'retry' })).token;
}

/** Ends a token where it is. One that was cancelled before stays as it is. */
export async function cancelToken(parts: OperationParts, id: string, reason: string | undefined): Promise<Token> {
  const token = await parts.storage.tokens.get(id);
  if (token?.status === 'CANCELLED') return token;
  return (await changeToken(parts, id, { name: 'cancel', request: reason === undefined ? {} : { reason } })).token;
}

/** Runs the agents of the token's place now, as far as their conditions hold. */
export async function triggerPlaceAgents(parts: OperationParts, id: string): Promise<readonly AgentExecution[]> {
  const { executionIds } = await changeToken(parts, id, { name: 'triggerPlaceAgents' });
  const executions = await parts.storage.executions.getMany(executionIds);
  return executions.flatMap((execution) => execution ?? []);
}

async function changeToken(parts: OperationParts, id: string, change: TokenChange) {
  const { storage, temporal } = parts;
  const token = await storage.tokens.get(id);
  // Only ids of ours go to Temporal: others may be another team's workflows.
  if (token === undefined) throw notFound('token', id);
  try {
    return await temporal.change(id, change);
  } catch (error) {
    throw await closedToken(parts, token, error);
  }
}
