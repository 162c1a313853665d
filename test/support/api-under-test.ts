import type { AddressInfo } from 'node:net';

import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';

import { AuditChain } from '../../src/audit/audit-chain.js';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import type { ApiParts } from '../../src/api/api-parts.js';
import type { TlsIdentity } from '../../src/api/connections/tls-files.js';
import { OpenStreams } from '../../src/api/connections/open-streams.js';
import { Doorkeeper, type BearerCheck } from '../../src/api/access/doorkeeper.js';
import { Stays } from '../../src/api/access/stays.js';
import { StreamTickets } from '../../src/api/access/stream-tickets.js';
import { OriginPolicy } from '../../src/api/access/origin-policy.js';
import { FailedAttempts } from '../../src/api/access/failed-attempts.js';
import { TrustedProxies } from '../../src/api/access/trusted-proxies.js';
import type { ServerFacts } from '../../src/api/front-page/server-facts.js';
import { Turns } from '../../src/api/graphql/answers/turns.js';
import { createServer } from '../../src/api/server.js';
import { AlertFeed } from '../../src/api/alerts/alert-feed.js';
import { TokenFeed } from '../../src/api/token-events/token-feed.js';
import { LogLevelSwitch } from '../../src/compose/log-level.js';
import { tracedViewers } from '../../src/compose/traced-viewers.js';
import { payloadEncryption } from '../../src/temporal/data-converter.js';
import type { CutOff, TemporalGateway, WorkflowClose } from '../../src/temporal/temporal-gateway.js';
import type { ExecutionRequest } from '../../src/core/executions/execution.js';
import type { PayloadKey } from '../../src/core/payload-keys.js';
import { newToken } from '../../src/core/engine/new-token.js';
import type { TokenStart } from '../../src/core/tokens/token-start.js';
import type { ProviderDirectory } from '../../src/providers/directory/provider-status.js';
import type { RateLimit } from '../../src/limits/rate-limit.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { MemoryStreamLog } from '../../src/streams/memory/memory-stream-log.js';
import { StreamReader } from '../../src/streams/reading/reader.js';
import type { Traces } from '../../src/telemetry/traces.js';
import { NOW } from './builders.js';
import { MemoryLogger } from './memory-logger.js';
import { schemasInThisThread } from './schemas.js';
import { unmeasured } from './metrics.js';
import { untraced } from './traces.js';
import { mayNameThisMachine } from './this-machine.js';

/** The API on storage and streams in memory, unless a test brings its own storage. Temporal is played by the test: it records what it is asked. */
export interface ApiUnderTest {
  readonly app: FastifyInstance;
  readonly storage: Storage;
  readonly streams: MemoryStreamLog;
  readonly temporal: PlayedTemporal;
  readonly reader: StreamReader;
  readonly openStreams: OpenStreams;
  readonly stays: Stays;
  /** What the API logged, as JSON lines. */
  readonly logged: string[];
  listen(): Promise<string>;
  stop(): Promise<void>;
}

/** Does at once what a worker would do: a started token is recorded, an execution is noted. */
export class PlayedTemporal implements TemporalGateway {
  readonly #storage: Storage;
  readonly executions: ExecutionRequest[] = [];
  readonly cancelled: { readonly id: string; readonly reason: string }[] = [];
  /** What it was to keep no longer. */
  readonly forgotten: string[] = [];
  /** Tokens that were told of their place agents. */
  readonly told: string[] = [];
  /** How the Temporal workflows stand that the test has an opinion on. */
  readonly closes = new Map<string, WorkflowClose>();
  /** When those closed, by its own clock. */
  cutOffAt: string = NOW;
  /** Set: what every call throws. */
  failure: Error | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async startToken(id: string, start: TokenStart, request: string): Promise<void> {
    this.#fail();
    const stored = await this.#storage.workflows.get(start.workflowId ?? '');
    if (stored === undefined) throw new Error('the test saved no such workflow');
    const { data, metadata, initialPlace } = start;
    const seed = { id, ...(data && { data }), ...(metadata && { metadata }), ...(initialPlace && { initialPlace }) };
    const token = newToken(stored.definition, seed, { now: NOW });
    await this.#storage.tokens.record({ token, runId: id, events: [], executions: [], request });
  }

  requestOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  refuseEndedToken(): Promise<void> {
    return Promise.resolve();
  }

  change(): Promise<never> {
    this.#fail();
    return Promise.reject(new Error('not played'));
  }

  migrate(): Promise<never> {
    this.#fail();
    return Promise.reject(new Error('not played'));
  }

  tellPlaceAgentsChanged(tokenId: string): Promise<void> {
    this.#fail();
    this.told.push(tokenId);
    return Promise.resolve();
  }

  closeOf(_kind: 'token' | 'execution', id: string): Promise<WorkflowClose | undefined> {
    return Promise.resolve(this.closes.get(id));
  }

  hasAnythingOfOurs(): Promise<boolean> {
    return Promise.resolve(this.closes.size > 0);
  }

  isNewestRun(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async *listCutOff(since: string): AsyncGenerator<CutOff> {
    await Promise.resolve();
    if (this.cutOffAt < since) return;
    for (const id of this.closes.keys()) {
      yield { id, kind: id.includes(':') ? 'execution' : 'token', closedAt: this.cutOffAt };
    }
  }

  fire(): Promise<never> {
    this.#fail();
    return Promise.reject(new Error('not played'));
  }

  decideToolCall(): Promise<never> {
    this.#fail();
    return Promise.reject(new Error('not played'));
  }

  startExecution(request: ExecutionRequest): Promise<void> {
    this.#fail();
    this.executions.push(request);
    return Promise.resolve();
  }

  cancelExecution(id: string, reason: string): Promise<boolean> {
    this.#fail();
    this.cancelled.push({ id, reason });
    return Promise.resolve(this.executions.some(({ executionId }) => executionId === id));
  }

  forget(_kind: 'token' | 'execution', id: string): Promise<void> {
    this.#fail();
    this.forgotten.push(id);
    return Promise.resolve();
  }

  ping(): Promise<void> {
    this.#fail();
    return Promise.resolve();
  }

  #fail(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

export interface ApiOptions {
  readonly providers?: ProviderDirectory;
  readonly origins?: readonly string[];
  readonly maxOpenStreams?: number;
  /** Otherwise in memory. */
  readonly storage?: Storage;
  readonly facts?: ServerFacts;
  /** Otherwise one that is not there. */
  readonly ideFolder?: string;
  /** Otherwise there are no locks. */
  readonly checks?: readonly BearerCheck[];
  /** Otherwise callers may ask as often as they like. */
  readonly limit?: RateLimit;
  readonly trustedProxies?: readonly string[];
  /** Otherwise whoever shows what opens nothing hears so at once. */
  readonly failed?: FailedAttempts;
  readonly servesIde?: boolean;
  readonly tls?: TlsIdentity;
  /** Otherwise what Temporal stores is in clear. */
  readonly payloadKeys?: readonly PayloadKey[];
  /** Of Temporal, whose pages may use the codec. */
  readonly uiUrl?: string;
  /** Otherwise nothing is traced. */
  readonly traces?: Traces;
}

export const TICKET_SECRET = 'a secret for tests, of 32 bytes or more';

const FACTS: ServerFacts = {
  version: '1.2.3',
  storage: 'memory',
  streams: 'where everything else is stored',
  temporal: { address: '127.0.0.1:7233', namespace: 'default', uiUrl: 'http://localhost:8233' },
  models: 'the mock only',
  servesIde: true,
  guides: [{ name: 'errors', title: 'Errors and what to do', text: '# Errors and what to do\n' }],
};

export async function apiUnderTest({
  providers = { check: () => Promise.resolve([]) },
  origins = [],
  maxOpenStreams,
  storage: given,
  facts = FACTS,
  ideFolder = '/nowhere/graphiql',
  checks = [],
  limit,
  trustedProxies = [],
  failed = new FailedAttempts({ atOnce: Infinity }),
  servesIde = true,
  tls,
  payloadKeys = [],
  uiUrl,
  traces = untraced,
}: ApiOptions = {}): Promise<ApiUnderTest> {
  const storage = given ?? (await openStorage('memory:', { logger: new MemoryLogger() })).storage;
  const streams = new MemoryStreamLog();
  const temporal = new PlayedTemporal(storage);
  const reader = new StreamReader({
    log: streams,
    lookup: { find: (id) => storage.executions.get(id), finish: () => Promise.resolve() },
    bufferSize: 100,
    logger: new MemoryLogger(),
    onViewer: tracedViewers(traces, storage.executions),
  });
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  const feed = new TokenFeed({ tokens: storage.tokens, logger: new MemoryLogger() });
  const tickets = new StreamTickets({ secrets: [TICKET_SECRET], lifeSeconds: 60 });
  const doorkeeper = new Doorkeeper({ checks, tickets, failed, ...(limit === undefined ? {} : { limit }) });
  const chain = new AuditChain({ store: storage.audit, logger });
  const audit = new AuditTrail({ store: storage.audit, logger, chain, mask: (text) => text });
  const payloadCipher = payloadEncryption(payloadKeys);
  const parts: ApiParts = {
    storage,
    temporal,
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces,
    closeStream: () => Promise.resolve(),
    removeStreams: (ids) => streams.remove(ids),
    reader,
    feed,
    alertFeed: new AlertFeed({ alerts: storage.alerts, logger: new MemoryLogger(), now: () => Date.parse(NOW) }),
    providers,
    origins: new OriginPolicy(origins, { uiUrl }),
    doorkeeper,
    proxies: new TrustedProxies(trustedProxies),
    audit,
    stays: new Stays(doorkeeper),
    servesIde,
    ...(tls === undefined ? {} : { tls }),
    ...(payloadCipher === undefined ? {} : { payloadCipher }),
    openStreams: new OpenStreams(maxOpenStreams),
    turns: new Turns(),
    logLevel: new LogLevelSwitch(logger, 'warn'),
    facts,
    ideFolder,
    now: () => NOW,
  };
  const app = await createServer(parts, logger);
  return {
    app,
    storage,
    streams,
    temporal,
    reader,
    openStreams: parts.openStreams,
    stays: parts.stays,
    logged,
    listen: async () => {
      await app.listen({ host: '127.0.0.1', port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
    stop: async () => {
      await app.close();
      await audit.end();
      await chain.end();
      await streams.shutdown();
    },
  };
}
