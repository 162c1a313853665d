import { setTimeout } from 'node:timers/promises';

import { notFound } from '../../core/errors.js';
import { fire } from '../demo/demo-token.js';
import type { ClientParts } from '../run-client.js';
import { TOKEN, type ShownToken } from './token-view.js';

const LOOK_AGAIN_MS = 100;

/** Fires transitions one after the other, each once the token waits. Resolves when the last one is fired; throws the refusal of one. */
export async function fireInTurn(
  { api, ending }: Pick<ClientParts, 'api' | 'ending'>,
  id: string,
  transitions: readonly string[],
): Promise<void> {
  for (const transition of transitions) {
    while (await isBusy(api, id)) await setTimeout(LOOK_AGAIN_MS, undefined, { signal: ending });
    await fire(api, id, transition);
  }
}

async function isBusy(api: ClientParts['api'], id: string): Promise<boolean> {
  const { token } = await api.query<{ token: ShownToken | null }>(TOKEN, { id });
  if (token === null) throw notFound('token', id);
  return token.pending !== null;
}
