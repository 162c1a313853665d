import { SpanKind } from '@opentelemetry/api';

import type { AgentExecution } from '../core/executions/execution.js';
import { executionEnding } from '../streams/writing/execution-ending.js';
import { finishStream } from '../streams/writing/finish-stream.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';
import { SchemaThreads } from '../schemas/schema-threads.js';
import { openStreamLog } from '../streams/open-stream-log.js';
import type { StreamLog } from '../streams/stream-log.js';
import { withAgentsElsewhere } from '../storage/elsewhere/agents-elsewhere.js';
import { openAgentStorage } from '../storage/open-agent-storage.js';
import { openStorage, type OpenedStorage } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import { observePool } from './observe-storage.js';
import { measuredStreamLog } from './measured-stream-log.js';
import type { ProcessParts } from './run-process.js';
import { tracedStorage } from './traced-storage.js';

const CLOSE_STREAM = { name: 'close stream', kind: SpanKind.INTERNAL };

export interface Backends {
  readonly storage: Storage;
  readonly streams: StreamLog;
  readonly schemas: SchemaChecker;
  /** Closes the stream of an ended execution and remembers its last sequence; safe to repeat, in any process. */
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  /** Copies the database of `STORAGE_URL`, as `SqlConnection` says. */
  readonly copyTo?: (folder: string) => Promise<void>;
  /** As `SqlConnection` says. */
  readonly isAfterCrash: boolean;
}

/**
 * Opens storage, that of agents where it is elsewhere, and the stream log by their URLs; where both name the same database they share its connection. The threads
 * for schemas are started when they are needed. `isOnlyRead`: no tables are brought up to date, and UNAVAILABLE says where they are not.
 */
export async function openBackends(
  { config, logger, resources, telemetry }: ProcessParts,
  { isOnlyRead = false }: { readonly isOnlyRead?: boolean } = {},
): Promise<Backends> {
  const open = () => openStorage(config.storageUrl, { logger: logger.child({ variable: 'STORAGE_URL' }), isOnlyRead });
  const opened = await resources.open('storage', open, ({ storage }) => storage.close());
  const plain = await withItsAgents(opened, { config, logger, resources });
  const storage = tracedStorage(plain, config.storageUrl, telemetry.traces);
  const log = await openStreamLog(config.streamUrl, {
    ...{ logger: logger.child({ variable: 'STREAM_URL' }), isOnlyRead },
    ...(config.streamUrl === config.storageUrl ? { sql: opened.sql } : {}),
  });
  const streams = measuredStreamLog(log, config.streamUrl, telemetry.metrics);
  resources.add('the stream log', () => streams.shutdown());
  const schemas = new SchemaThreads();
  resources.add('the threads for schemas', () => schemas.close());
  const closeStream = async (execution: AgentExecution) => {
    const close = () => finishStream(streams, execution.id, executionEnding(execution));
    const lastSequence = await telemetry.traces.within(CLOSE_STREAM, close);
    await storage.executions.update(execution.id, { lastSequence });
  };
  observePool(telemetry.metrics, opened.sql?.poolState);
  const copyTo = opened.sql?.copyTo;
  const isAfterCrash = opened.sql?.isAfterCrash ?? false;
  return { storage, streams, schemas, closeStream, isAfterCrash, ...(copyTo === undefined ? {} : { copyTo }) };
}

/** The storage with its agents, wherever these are. */
async function withItsAgents(
  { storage, home }: OpenedStorage,
  { config, logger, resources }: Pick<ProcessParts, 'config' | 'logger' | 'resources'>,
): Promise<Storage> {
  const { agentStorageUrl: url } = config;
  if (url === undefined) return storage;
  const open = () => openAgentStorage(url, { home, logger: logger.child({ variable: 'AGENT_STORAGE_URL' }) });
  const elsewhere = await resources.open('the storage of agents', open, (agents) => agents.close());
  return withAgentsElsewhere(storage, home, elsewhere);
}
