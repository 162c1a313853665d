import { accepted, CircuitBreakerError, notFound } from '../core/errors.js';
import { parseFireRequest, type FireRequest } from '../core/tokens/fire-request.js';
import type { Token } from '../core/tokens/token.js';
import type { FireAccepted } from '../contract/messages.js';
import type { OperationParts } from './operation-parts.js';
import { settledToken } from './settle-token.js';

/** Fires a transition. A refusal is thrown with its blockers, and told as an event of the token. */
export async function fireTransition(parts: OperationParts, input: { tokenId: string }): Promise<FireAccepted> {
  const { tokenId } = input;
  const request = accepted('The fire', parseFireRequest(input));
  const token = await parts.storage.tokens.get(tokenId);
  // Only ids of ours go to Temporal: others may be another team's workflows.
  if (token === undefined) throw notFound('token', tokenId);
  try {
    const answer = await parts.temporal.fire(tokenId, request);
    if (request.idempotencyKey === undefined) return answer;
    // A repeated fire gets its first answer, with the token as it is now.
    return { ...answer, token: (await parts.storage.tokens.get(tokenId)) ?? answer.token };
  } catch (error) {
    const refusal = await refusalOf(parts, token, error);
    if (refusal === undefined) throw error;
    parts.metrics.fireRefused(token.workflowId, refusal.code);
    await tellRefusal(parts, { token, request, refusal });
    throw refusal;
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'TRANSITION_REFUSED',
  'TRANSITION_IN_PROGRESS',
  'VERSION_CONFLICT',
  'TOKEN_CLOSED',
  'TOKEN_TOO_LARGE',
  'IDEMPOTENCY_MISMATCH',
]);

async function refusalOf(
  parts: OperationParts,
  token: Token,
  error: unknown,
): Promise<CircuitBreakerError | undefined> {
  const said = await closedToken(parts, token, error);
  return said instanceof CircuitBreakerError && REFUSALS.has(said.code) ? said : undefined;
}

/** What to throw when Temporal does not run a token's workflow: it has ended, so the token is closed. */
export async function closedToken(parts: OperationParts, token: Token, error: unknown): Promise<unknown> {
  if (!(error instanceof CircuitBreakerError) || error.code !== 'NOT_FOUND') return error;
  const { status } = (await settledToken(parts, token.id)) ?? token;
  const message =
    status === 'ACTIVE'
      ? `Token "${token.id}" is about to end.`
      : `Token "${token.id}" has ended (${status.toLowerCase()}).`;
  return new CircuitBreakerError('TOKEN_CLOSED', message, { blockers: [{ code: 'NOT_ACTIVE', message }] });
}

/** A rejected update leaves nothing in Temporal's history, so the API tells it. Best effort: the answer stands. */
async function tellRefusal(
  { storage, now }: OperationParts,
  { token, request, refusal }: { token: Token; request: FireRequest; refusal: CircuitBreakerError },
): Promise<void> {
  const current = (await storage.tokens.get(token.id).catch(() => undefined)) ?? token;
  const event = {
    type: 'TRANSITION_REFUSED',
    version: current.version,
    place: current.place,
    transitionId: request.transitionId,
    ...(request.executionId === undefined ? {} : { executionId: request.executionId }),
    details: { code: refusal.code, message: refusal.message },
    timestamp: now(),
  } as const;
  await storage.tokens.appendEvent(token.id, event).catch(() => undefined);
}
