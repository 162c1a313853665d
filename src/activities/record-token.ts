import type { TokenRecord } from '../core/tokens/token-record.js';
import type { RecordedToken } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

export async function recordToken({ storage }: ActivityParts, record: TokenRecord): Promise<RecordedToken> {
  const taken = await storage.tokens.record(record);
  return taken.length === 0 ? {} : { taken };
}
