import { availabilitySteps, type TransitionAvailability } from '../core/engine/available-transitions.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import { notFound } from '../core/errors.js';
import type { Token } from '../core/tokens/token.js';
import { withPrograms } from '../core/validation/compile-rules.js';
import { inTurns } from './in-turns.js';
import { additionsTo } from './workflow-additions.js';
import type { OperationParts } from './operation-parts.js';

/** A token as it was recorded last. Throws NOT_FOUND. */
export async function knownToken({ storage }: Pick<OperationParts, 'storage'>, tokenId: string): Promise<Token> {
  const token = await storage.tokens.get(tokenId);
  if (token === undefined) throw notFound('token', tokenId);
  return token;
}

/** The transitions out of a token's place, with all that blocks their being fired by an execution of its agents. Throws NOT_FOUND. */
export async function transitionsForAgent(
  parts: Pick<OperationParts, 'storage'>,
  { tokenId, executionId }: { readonly tokenId: string; readonly executionId: string },
): Promise<{ readonly token: Token; readonly available: readonly TransitionAvailability[] }> {
  const token = await knownToken(parts, tokenId);
  const { workflowId, workflowVersion } = token;
  const stored = await parts.storage.workflows.get(workflowId, workflowVersion);
  if (stored === undefined) throw notFound('workflow', workflowId);
  const ready = withPrograms(effectiveDefinition(stored.definition, await additionsTo(parts.storage, workflowId)));
  return { token, available: await inTurns(availabilitySteps(ready, token, { executionId })) };
}
