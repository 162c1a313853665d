import type { Caller } from '../../core/access/caller.js';
import { notFound } from '../../core/errors.js';
import { limitedStorage } from '../../storage/limited-storage.js';
import type { StreamReader } from '../../streams/reading/reader.js';
import type { ApiParts } from '../api-parts.js';

/** What opens streams for a caller. */
export type StreamOpener = Pick<StreamReader, 'open'>;

/** The parts of the API as they are for one caller: who is limited to some workflows finds nothing of others. */
export interface CallerParts extends Omit<ApiParts, 'reader'> {
  readonly caller: Caller;
  readonly reader: StreamOpener;
}

export function partsFor(parts: ApiParts, caller: Caller): CallerParts {
  const { workflows } = caller;
  if (workflows === undefined) return { ...parts, caller };
  const storage = limitedStorage(parts.storage, workflows);
  const open: StreamReader['open'] = async (executionId, options) => {
    if ((await storage.executions.get(executionId)) === undefined) throw notFound('execution', executionId);
    return await parts.reader.open(executionId, options);
  };
  return { ...parts, caller, storage, reader: { open } };
}
