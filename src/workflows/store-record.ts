import { log } from '@temporalio/workflow';

import { executionFailure, isFinalFailure } from '../contract/failures.js';
import type { TokenFields } from '../core/json/path.js';
import { recordWithoutContent } from '../core/tokens/record-without-content.js';
import type { TokenRecord } from '../core/tokens/token-record.js';
import type { Activities } from '../contract/activities.js';

export interface StoredRecord {
  /** Why storage refused it for its content: it was stored without that. */
  readonly refusal?: string;
  /** The ids of its executions under which something else is stored. */
  readonly taken: readonly string[];
}

/**
 * Stores a record of a token, however long storage is away. One that storage refuses for its content is stored without that,
 * with the fields of the last one that was taken.
 */
export async function storeRecord(
  store: Activities['recordToken'],
  record: TokenRecord,
  last: TokenFields,
): Promise<StoredRecord> {
  const stored = await attempted(store, record);
  if (stored.refusal === undefined) return stored;
  const { refusal } = stored;
  log.error('Storage refused the record of a token for its content', { version: record.token.version, refusal });
  const other = await attempted(store, recordWithoutContent(record, last));
  if (other.refusal !== undefined) {
    log.error('Storage refused it without its content, too', { refusal: other.refusal });
  }
  return { ...other, refusal };
}

async function attempted(store: Activities['recordToken'], record: TokenRecord): Promise<StoredRecord> {
  try {
    const recorded = await store(record);
    return { taken: recorded?.taken ?? [] };
  } catch (error) {
    if (!isFinalFailure(error)) throw error;
    return { refusal: executionFailure(error).errorMessage, taken: [] };
  }
}
