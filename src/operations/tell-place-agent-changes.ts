import type { Storage } from '../storage/storage.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

interface TellingParts {
  readonly storage: Pick<Storage, 'placeAgents' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'tellPlaceAgentsChanged'>;
}

const TOKENS_PER_PAGE = 200;
const SIGNALS_AT_ONCE = 20;

/**
 * Tells the active tokens of every workflow whose place agents have changed, in batches, as soon as they have changed.
 * The next sweep tells them once more: one that was being created at that moment had looked already and was not yet in
 * any list. A token that is told twice looks twice.
 */
export async function tellPlaceAgentChanges({ storage, temporal }: TellingParts): Promise<void> {
  for (const { workflowId } of await storage.placeAgents.listChanges()) {
    await tellTokens({ storage, temporal }, workflowId);
  }
}

/** The same for the last time: what has been told is settled. */
export async function settlePlaceAgentChanges({ storage, temporal }: TellingParts): Promise<void> {
  for (const change of await storage.placeAgents.listChanges()) {
    await tellTokens({ storage, temporal }, change.workflowId);
    await storage.placeAgents.settleChange(change);
  }
}

async function tellTokens({ storage, temporal }: TellingParts, workflowId: string): Promise<void> {
  let after: string | undefined;
  do {
    const page = await storage.tokens.list(
      { workflowId, status: 'ACTIVE' },
      { first: TOKENS_PER_PAGE, ...(after === undefined ? {} : { after }) },
    );
    const ids = page.items.map(({ item }) => item.id);
    for (let from = 0; from < ids.length; from += SIGNALS_AT_ONCE) {
      await Promise.all(ids.slice(from, from + SIGNALS_AT_ONCE).map((id) => temporal.tellPlaceAgentsChanged(id)));
    }
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined;
  } while (after !== undefined);
}
