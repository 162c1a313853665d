import type { TokenEvent } from '../../core/tokens/token.js';
import type { StoredTokenEvent } from '../token-store.js';

export interface EventRow {
  readonly token_id: string;
  readonly sequence: number;
  readonly workflow_id: string;
  readonly event: TokenEvent & { readonly number?: number };
}

export function eventOf({ token_id: tokenId, workflow_id: workflowId, sequence, event }: EventRow): StoredTokenEvent {
  const { number: _number, ...rest } = event;
  return { ...rest, tokenId, workflowId, sequence };
}
