import { StreamFenced, StreamLost, type StreamLog, type StreamWriter } from '../streams/stream-log.js';
import type { Metrics } from '../telemetry/metrics.js';

/** The log, with the times that its appends and reads take measured. `url`: whose scheme names the backend. */
export function measuredStreamLog(log: StreamLog, url: string, metrics: Metrics): StreamLog {
  const backend = backendOf(url);
  const underWay = new Set<{ readonly since: number }>();
  metrics.observe('circuit_breaker_log_append_oldest_seconds', () => {
    const [oldest] = underWay;
    return [[oldest === undefined ? 0 : (performance.now() - oldest.since) / 1000, { backend }]];
  });
  for (const operation of ['append', 'read'] as const) metrics.logFailed(backend, operation, 0);
  async function measured<Result>(operation: 'append' | 'read', run: () => Promise<Result>): Promise<Result> {
    const call = { since: performance.now() };
    if (operation === 'append') underWay.add(call);
    try {
      return await run();
    } catch (error) {
      // Of a stream that is another's, the log has said what it should.
      if (!(error instanceof StreamFenced || error instanceof StreamLost)) metrics.logFailed(backend, operation);
      throw error;
    } finally {
      underWay.delete(call);
      metrics.logOperation(backend, operation, performance.now() - call.since);
    }
  }
  const measuredWriter = (writer: StreamWriter): StreamWriter => ({
    attempt: writer.attempt,
    append: (events) => measured('append', () => writer.append(events)),
  });
  return {
    ...(log.gatherMs === undefined ? {} : { gatherMs: log.gatherMs }),
    open: async (executionId, claim) => measuredWriter(await measured('append', () => log.open(executionId, claim))),
    tell: (executionId, turn, events) => measured('append', () => log.tell(executionId, turn, events)),
    close: (executionId, terminal) => measured('append', () => log.close(executionId, terminal)),
    read: (ranges) => measured('read', () => log.read(ranges)),
    watch: (executionId, onWake) => log.watch(executionId, onWake),
    remove: (executionIds) => log.remove(executionIds),
    shutdown: () => log.shutdown(),
  };
}

function backendOf(url: string): string {
  const scheme = url.slice(0, url.indexOf(':'));
  const names: Readonly<Record<string, string>> = { postgresql: 'postgres', rediss: 'redis', tls: 'nats' };
  return names[scheme] ?? scheme;
}
