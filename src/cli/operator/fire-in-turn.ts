import type { ClientParts } from '../run-client.js';
import { fireTransition } from './token-mutations.js';
import { settledToken } from './token-view.js';

/** Fires transitions one after the other, each once the token waits. Resolves when the last one is fired; throws the refusal of one. */
export async function fireInTurn(
  parts: Pick<ClientParts, 'api' | 'ending'>,
  tokenId: string,
  transitions: readonly string[],
): Promise<void> {
  for (const transitionId of transitions) {
    await settledToken(parts, tokenId);
    await fireTransition(parts.api, { tokenId, transitionId });
  }
}
