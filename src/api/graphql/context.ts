import type { ApiParts } from '../api-parts.js';
import { EntityLoader } from './entity-loader.js';
import { RequestWork } from './answers/request-work.js';

/** What every resolver gets: the API's parts, a loader that joins the look-ups of one request, and what it has computed. */
export interface ResolverContext extends ApiParts {
  readonly load: EntityLoader;
  readonly work: RequestWork;
}

export function resolverContext(parts: ApiParts): ResolverContext {
  const work = new RequestWork(parts.turns);
  return { ...parts, load: new EntityLoader(parts.storage, work), work };
}
