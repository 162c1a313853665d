import type { TokenRecord } from '../core/tokens/token-record.js';
import type { ActivityParts } from './activity-parts.js';

export async function recordToken({ storage }: ActivityParts, record: TokenRecord): Promise<void> {
  await storage.tokens.record(record);
}
