import type { PlaceAgentChange } from '../storage/place-agent-store.js';
import type { Storage } from '../storage/storage.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';
import { tellTokens } from './tell-tokens.js';

interface TellingParts {
  readonly storage: Pick<Storage, 'placeAgents' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'tellPlaceAgentsChanged'>;
}

/**
 * Tells the active tokens of every workflow whose place agents or rollouts have changed, in batches, as soon as they have changed.
 * The next sweep tells them once more: one that was being created at that moment had looked already and was not yet in
 * any list.
 */
export async function tellPlaceAgentChanges({ storage, temporal }: TellingParts): Promise<void> {
  for (const { workflowId } of await storage.placeAgents.listChanges()) {
    await tellTokens({ storage, temporal }, workflowId);
  }
}

/** Tells the tokens of one change for the last time, and notes that they know it. */
export async function settlePlaceAgentChange(parts: TellingParts, change: PlaceAgentChange): Promise<void> {
  await tellTokens(parts, change.workflowId);
  await parts.storage.placeAgents.settleChange(change);
}
