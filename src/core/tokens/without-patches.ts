import type { JsonObject } from '../json/json.js';
import type { Token } from './token.js';

/** The token without what fires have brought and no transition has taken: nobody is shown that, and it may be large. */
export function withoutPatches({ pending, incident, ...token }: Token): Token {
  return {
    ...token,
    ...(pending === undefined ? {} : { pending: withoutPatch(pending) }),
    ...(incident === undefined ? {} : { incident: withoutPatch(incident) }),
  };
}

function withoutPatch<Part extends { readonly patch?: JsonObject }>({
  patch: _kept,
  ...part
}: Part): Omit<Part, 'patch'> {
  return part;
}
