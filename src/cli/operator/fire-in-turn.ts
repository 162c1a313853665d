import { setTimeout } from 'node:timers/promises';

import type { ClientParts } from '../run-client.js';
import { fireTransition } from './token-mutations.js';
import { readToken } from './token-view.js';

const LOOK_AGAIN_MS = 100;

/** Fires transitions one after the other, each once the token waits. Resolves when the last one is fired; throws the refusal of one. */
export async function fireInTurn(
  { api, ending }: Pick<ClientParts, 'api' | 'ending'>,
  tokenId: string,
  transitions: readonly string[],
): Promise<void> {
  for (const transitionId of transitions) {
    while ((await readToken(api, tokenId)).pending !== null) {
      await setTimeout(LOOK_AGAIN_MS, undefined, { signal: ending });
    }
    await fireTransition(api, { tokenId, transitionId });
  }
}
