import type { ProviderDirectory } from '../providers/provider-status.js';
import type { Storage } from '../storage/storage.js';
import type { StreamReader } from '../streams/reader.js';
import type { OpenStreams } from './open-streams.js';
import type { OriginPolicy } from './origin-policy.js';
import type { TokenFeed } from './token-feed.js';
import type { TemporalGateway } from './temporal-gateway.js';

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
