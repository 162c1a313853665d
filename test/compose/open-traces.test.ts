import { SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { openTraces } from '../../src/compose/open-traces.js';
import { Resources } from '../../src/compose/resources.js';
import type { ProcessParts } from '../../src/compose/run-process.js';
import type { TraceSettings } from '../../src/telemetry-settings.js';
import type { Traces } from '../../src/telemetry/traces.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.js';

const BATCH = { delayMs: 10, timeoutMs: 1000, most: 10, mostWaiting: 20 };
const SETTINGS: TraceSettings = {
  sampler: 'parentbased_always_on',
  ratio: 1,
  capturesContent: false,
  batch: BATCH,
};

let collector: TraceCollector;
let logger: MemoryLogger;
let resources: Resources;

beforeEach(async () => {
  collector = await startTraceCollector();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
  logger = new MemoryLogger();
  resources = new Resources(logger as unknown as ProcessParts['logger']);
});

afterEach(async () => {
  await resources.close();
  await collector.close();
  vi.unstubAllEnvs();
});

function opened(settings: Partial<TraceSettings> = {}): Traces {
  const resource = resourceFromAttributes({ 'service.name': 'circuit-breaker' });
  return openTraces({ ...SETTINGS, ...settings }, { resource, version: '1' }, {
    logger,
    resources,
  } as unknown as Pick<ProcessParts, 'logger' | 'resources'>);
}

async function part(traces: Traces, name: string): Promise<void> {
  await traces.part({ name, kind: SpanKind.SERVER }, () => Promise.resolve());
}

it('a collector gets what was noted, and who notes it', async () => {
  const traces = opened();
  await traces.part({ name: 'request', kind: SpanKind.SERVER, attributes: { list: ['a'], number: 1.5 } }, async () => {
    traces.current()?.addEvent({ name: 'attempt', atMs: 1000.5, attributes: { outcome: 'failed' } });
    await traces.within({ name: 'step', kind: SpanKind.CLIENT }, () => Promise.resolve());
  });
  await eventually(() => {
    expect(collector.spans).toHaveLength(2);
    return Promise.resolve();
  });
  const [request, step] = collector.spans;
  expect(request).toMatchObject({
    name: 'request',
    kind: 2,
    attributes: { list: ['a'], number: 1.5 },
    events: [{ name: 'attempt', atMs: 1000.5, attributes: { outcome: 'failed' } }],
    resource: { 'service.name': 'circuit-breaker' },
  });
  expect(request?.parentSpanId).toBeUndefined();
  expect(step).toMatchObject({ name: 'step', kind: 3, parentSpanId: request?.spanId, traceId: request?.traceId });
});

it('one that refuses is told of once, and once when it takes spans again; nothing waits for it', async () => {
  const traces = opened();
  collector.answer(400);
  await part(traces, 'lost');
  await eventually(() => {
    expect(logger.lines.filter(({ message }) => message.includes('takes no traces'))).toHaveLength(1);
    return Promise.resolve();
  });
  for (let n = 0; n < 5; n += 1) await part(traces, 'lost');
  collector.answer(200);
  await eventually(async () => {
    await part(traces, 'kept');
    expect(collector.spans.map(({ name }) => name)).toContain('kept');
    expect(logger.lines.filter(({ message }) => message.includes('takes traces again'))).toHaveLength(1);
  });
  expect(logger.lines.filter(({ message }) => message.includes('takes no traces'))).toHaveLength(1);
});

it('no more spans than may wait are kept, however many there are', async () => {
  const traces = opened({ batch: { ...BATCH, delayMs: 60_000, most: 20 } });
  for (let n = 0; n < 500; n += 1) await part(traces, `span ${n}`);
  await resources.close();
  expect(collector.spans.length).toBeLessThanOrEqual(BATCH.mostWaiting * 2);
  expect(collector.spans.length).toBeGreaterThan(0);
});

it.each([
  ['traceidratio', 0, 0],
  ['traceidratio', 1, 1],
  ['parentbased_always_off', 1, 0],
  ['parentbased_traceidratio', 0, 0],
] as const)('%s with %d samples %d of those that begin here', (sampler, ratio, share) => {
  const traces = opened({ sampler, ratio });
  expect(traces.isSampled('f'.repeat(32))).toBe(share === 1);
});

it('a caller that is sampled is heeded where the sampler is based on parents', () => {
  const caller = { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), isSampled: true };
  expect(opened({ sampler: 'parentbased_always_off' }).isSampled(caller.traceId, caller)).toBe(true);
  expect(opened().isSampled(caller.traceId, { ...caller, isSampled: false })).toBe(false);
});

it('spans that may have whole documents with them go a few at a time', async () => {
  const traces = opened({ capturesContent: true, batch: { ...BATCH, delayMs: 60_000, most: 512, mostWaiting: 2048 } });
  for (let n = 0; n < 100; n += 1) await part(traces, `span ${n}`);
  await resources.close();
  expect(collector.spans).toHaveLength(100);
  expect(collector.bodies).toHaveLength(4);
});
