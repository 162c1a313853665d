import type { Readable } from 'node:stream';

import type { AuditLog } from '../audit/audit-log.js';
import type { OperationParts } from '../operations/operation-parts.js';
import type { RemovalParts } from '../operations/remove-executions.js';
import type { ProviderDirectory } from '../providers/directory/provider-status.js';
import type { StreamReader } from '../streams/reading/reader.js';
import type { Traces } from '../telemetry/traces.js';
import type { Stays } from './access/stays.js';
import type { TlsIdentity } from './connections/tls-files.js';
import type { OpenStreams } from './connections/open-streams.js';
import type { Doorkeeper } from './access/doorkeeper.js';
import type { OriginPolicy } from './access/origin-policy.js';
import type { TrustedProxies } from './access/trusted-proxies.js';
import type { ServerFacts } from './front-page/server-facts.js';
import type { PayloadCipher } from './payload-codec/payload-cipher.js';
import type { Turns } from './graphql/answers/turns.js';
import type { LogLevelControl } from './log-level-control.js';
import type { AlertFeed } from './alerts/alert-feed.js';
import type { TokenFeed } from './token-events/token-feed.js';

/** What the API works with: made once per process, where the process is composed. */
export interface ApiParts extends OperationParts, Pick<RemovalParts, 'closeStream' | 'removeStreams'> {
  readonly reader: StreamReader;
  readonly traces: Traces;
  readonly feed: TokenFeed;
  readonly alertFeed: AlertFeed;
  readonly providers: ProviderDirectory;
  readonly origins: OriginPolicy;
  readonly doorkeeper: Doorkeeper;
  readonly proxies: TrustedProxies;
  /** Is told what callers do. */
  readonly audit: AuditLog;
  readonly stays: Stays;
  readonly openStreams: OpenStreams;
  /** For what takes long to compute. */
  readonly turns: Turns;
  readonly facts: ServerFacts;
  readonly logLevel: LogLevelControl;
  /** Absent: callers come without TLS, or through a proxy that ends it. */
  readonly tls?: TlsIdentity;
  /** Absent: what Temporal stores is in clear. */
  readonly payloadCipher?: PayloadCipher;
  /** Absent: what is stored lies on servers of its own. */
  readonly backup?: { read(): Promise<Readable> };
  /** Where the GraphQL IDE has been built, if it has. */
  readonly ideFolder: string;
  /** Whether anybody may have the page of the IDE. */
  readonly servesIde: boolean;
}
