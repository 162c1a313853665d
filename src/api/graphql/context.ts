import type { Caller } from '../../core/access/caller.js';
import type { CallOrigin } from '../access/call-origin.js';
import { partsFor, type CallerParts } from '../access/parts-for.js';
import type { ApiParts } from '../api-parts.js';
import { EntityLoader } from './entity-loader.js';
import { RequestWork } from './answers/request-work.js';

/** What every resolver gets: the API's parts as they are for its caller, a loader that joins the look-ups of one request, and what it has computed. */
export interface ResolverContext extends CallerParts {
  readonly load: EntityLoader;
  readonly work: RequestWork;
  readonly origin: CallOrigin;
}

export function resolverContext(parts: ApiParts, caller: Caller, origin: CallOrigin): ResolverContext {
  const work = new RequestWork(parts.turns);
  const own = partsFor(parts, caller);
  return { ...own, load: new EntityLoader(own.storage, work), work, origin };
}
