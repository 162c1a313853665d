import { CircuitBreakerError } from '../../../src/core/errors.js';
import type { AgentExecution, ExecutionStatus } from '../../../src/core/executions/execution.js';
import { executionEnding } from '../../../src/streams/writing/execution-ending.js';
import { finishStream } from '../../../src/streams/writing/finish-stream.js';
import { MemoryStreamLog } from '../../../src/streams/memory/memory-stream-log.js';
import { MemoryStreams } from '../../../src/streams/memory/memory-streams.js';
import { StreamReader } from '../../../src/streams/reading/reader.js';
import type { StreamPage, StreamRange, StreamWake } from '../../../src/streams/stream-log.js';
import { anExecution } from '../../storage/contract/execution-store.js';
import { MemoryLogger } from '../../support/memory-logger.js';

/** A log that knows who watches it and what is read, loses wake-ups, and cannot be read at times. */
export class ReaderLog extends MemoryStreamLog {
  watches = 0;
  losesWakes = false;
  isAway = false;
  readonly reads: (readonly StreamRange[])[] = [];

  override watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    this.watches += 1;
    const end = super.watch(executionId, (wake) => {
      if (!this.losesWakes) onWake(wake);
    });
    return () => {
      this.watches -= 1;
      end();
    };
  }

  override async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    this.reads.push(ranges);
    if (this.isAway) throw new CircuitBreakerError('UNAVAILABLE', 'The backend is away.');
    return await super.read(ranges);
  }
}

export interface ReaderUnderTest {
  readonly reader: StreamReader;
  /** What the reader reads; a test writes here too. */
  readonly log: ReaderLog;
  readonly streams: MemoryStreams;
  readonly logger: MemoryLogger;
  /** Ids of the executions that the reader had finished. */
  readonly finished: readonly string[];
  /** Makes an execution known, or changes what is known of it. */
  know(id: string, status: ExecutionStatus, fields?: Partial<AgentExecution>): void;
}

export function aReader(bufferSize = 100): ReaderUnderTest {
  const streams = new MemoryStreams();
  const log = new ReaderLog(streams);
  const logger = new MemoryLogger();
  const executions = new Map<string, AgentExecution>();
  const finished: string[] = [];
  const lookup = {
    find: (id: string) => Promise.resolve(executions.get(id)),
    finish: async (execution: AgentExecution) => {
      finished.push(execution.id);
      await finishStream(log, execution.id, executionEnding(execution));
    },
  };
  return {
    reader: new StreamReader({ log, lookup, bufferSize, logger }),
    log,
    streams,
    logger,
    finished,
    know: (id, status, fields = {}) => executions.set(id, anExecution({ id, ...fields, status })),
  };
}
