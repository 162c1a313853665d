import type { Token } from '../core/tokens/token.js';
import type { UpdateRequest } from '../core/tokens/update-request.js';

/** An update of a token by its name on the wire. */
export type TokenChange =
  | { readonly name: 'updateToken'; readonly request: UpdateRequest }
  | { readonly name: 'cancel'; readonly request: { readonly reason?: string } }
  | { readonly name: 'retry' | 'triggerPlaceAgents' };

export interface Changed {
  readonly token: Token;
  /** Executions that the change started. */
  readonly executionIds: readonly string[];
}
