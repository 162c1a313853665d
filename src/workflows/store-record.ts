import { log } from '@temporalio/workflow';

import { executionFailure, isFinalFailure } from '../contract/failures.js';
import type { TokenFields } from '../core/json/path.js';
import { recordWithoutContent } from '../core/tokens/record-without-content.js';
import type { TokenRecord } from '../core/tokens/token-record.js';
import { quickly } from './perform.js';

/**
 * Stores a record of a token, however long storage is away. One that storage refuses for its content is stored without that,
 * with the fields of the last one that was taken. Resolves with why it was refused; `undefined` when it was not.
 */
export async function storeRecord(record: TokenRecord, last: TokenFields): Promise<string | undefined> {
  const refusal = await refusalOf(record);
  if (refusal === undefined) return undefined;
  log.error('Storage refused the record of a token for its content', { version: record.token.version, refusal });
  const other = await refusalOf(recordWithoutContent(record, last));
  if (other !== undefined) log.error('Storage refused it without its content, too', { refusal: other });
  return refusal;
}

async function refusalOf(record: TokenRecord): Promise<string | undefined> {
  try {
    await quickly('recordToken', record);
    return undefined;
  } catch (error) {
    if (!isFinalFailure(error)) throw error;
    return executionFailure(error).errorMessage;
  }
}
