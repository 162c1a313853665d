import type { ProviderDirectory } from '../providers/directory/provider-status.js';
import type { Storage } from '../storage/storage.js';
import type { StreamReader } from '../streams/reading/reader.js';
import type { OpenStreams } from './connections/open-streams.js';
import type { OriginPolicy } from './access/origin-policy.js';
import type { TokenFeed } from './token-events/token-feed.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

/** What the API works with: made once per process, where the process is composed. */
export interface ApiParts {
  readonly storage: Storage;
  readonly temporal: TemporalGateway;
  readonly reader: StreamReader;
  readonly feed: TokenFeed;
  readonly providers: ProviderDirectory;
  readonly origins: OriginPolicy;
  readonly openStreams: OpenStreams;
  readonly now: () => string;
}
