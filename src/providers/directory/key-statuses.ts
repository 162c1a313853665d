import { ModelError } from '../../core/executions/model-error.js';
import type { HeldKeyMark, ProviderKeyStore } from '../../storage/provider-key-store.js';
import type { Endpoint, Endpoints } from '../keys/endpoint.js';
import type { ProviderKeyState, ProviderKeyStatus } from './provider-status.js';

/** What a key lists, or why it does not. */
export type KeyAnswer = ModelError | { readonly models: readonly string[] };

export interface AskedEndpoint {
  readonly endpoint: Endpoint;
  readonly answer: KeyAnswer;
}

/** How each key stands: by what its provider has just answered, and by what the workers know. */
export async function keyStatuses(
  endpoints: Endpoints,
  asked: readonly AskedEndpoint[],
  store: ProviderKeyStore | undefined,
): Promise<readonly ProviderKeyStatus[]> {
  // Without storage nobody knows of what workers saw.
  const held = (await store?.list(endpoints.map(({ id }) => id)).catch(() => undefined)) ?? [];
  const nowMs = Date.now();
  return endpoints.map((endpoint): ProviderKeyStatus => {
    const { name } = endpoint;
    const answer = asked.find((one) => one.endpoint === endpoint)?.answer;
    const mark = longest(held.filter((one) => one.endpoint === endpoint.id));
    if (answer instanceof ModelError) return { name, state: stateOfFailure(answer), message: answer.message };
    if (mark === undefined) return { name, state: 'OK' };
    const until = new Date(nowMs + mark.forMs).toISOString();
    return { name, state: mark.kind === 'limited' ? 'COOLING' : 'REFUSED', until, message: wordsOf(mark) };
  });
}

/** Of several keys: how many there are, and which do not work. */
export function keysInWords(keys: readonly ProviderKeyStatus[]): string {
  if (keys.length < 2) return '';
  const working = keys.filter(({ state }) => state === 'OK').length;
  const resting = keys
    .filter(({ state }) => state !== 'OK')
    .map(({ name, state }) => `${name} (${STATE_WORDS[state]})`);
  return ` Keys: ${working} of ${keys.length} work${resting.length === 0 ? '' : `; not: ${resting.join('; ')}`}.`;
}

const STATE_WORDS: Readonly<Record<ProviderKeyState, string>> = {
  OK: 'works',
  COOLING: 'limited',
  REFUSED: 'refused',
  UNREACHABLE: 'not reached',
};

function stateOfFailure({ code }: ModelError): ProviderKeyState {
  if (code === 'rate_limit') return 'COOLING';
  return code === 'auth' || code === 'quota' ? 'REFUSED' : 'UNREACHABLE';
}

function longest(marks: readonly HeldKeyMark[]): HeldKeyMark | undefined {
  const refusals = marks.filter(({ kind }) => kind !== 'limited');
  const weighty = refusals.length > 0 ? refusals : marks;
  return weighty.toSorted((left, right) => right.forMs - left.forMs)[0];
}

function wordsOf({ kind, model }: HeldKeyMark): string {
  switch (kind) {
    case 'limited':
      return `The provider limits its calls${model === '' ? '' : ` of ${model}`}.`;
    case 'auth':
      return 'The provider refused it.';
    case 'quota':
      return 'Its account has no credit left.';
  }
}
