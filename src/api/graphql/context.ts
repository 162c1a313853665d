import type { ApiParts } from '../api-parts.js';
import type { EntityLoader } from './entity-loader.js';

/** What every resolver gets: the API's parts, and a loader that joins the look-ups of one request. */
export interface ResolverContext extends ApiParts {
  readonly load: EntityLoader;
}
