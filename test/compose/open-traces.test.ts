import { SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openTraces } from '../../src/compose/open-traces.js';
import { Resources } from '../../src/compose/resources.js';
import type { ProcessParts } from '../../src/compose/run-process.js';
import type { TraceSettings } from '../../src/telemetry-settings.js';
import type { Traces } from '../../src/telemetry/traces.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.js';

const BATCH = { delayMs: 10, timeoutMs: 1000, most: 10, mostWaiting: 20 };
const SETTINGS: TraceSettings = {
  collector: { url: 'which the exporter reads by itself', variable: 'OTEL_EXPORTER_OTLP_ENDPOINT' },
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

const said = (words: string) => logger.lines.filter(({ message }) => message.includes(words));

describe('a collector that', () => {
  it.each([
    ['refuses', 400],
    ['asks to come again', 503],
    ['breaks off', 'break off'],
    ['never answers', 'never'],
  ] as const)('%s is told of once, and once when it takes spans again; nothing waits for it', async (_what, how) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '500');
    const traces = opened();
    collector.answer(how);
    await part(traces, 'lost');
    await eventually(() => {
      expect(said('takes no traces')).toHaveLength(1);
    });
    for (let n = 0; n < 5; n += 1) await part(traces, 'lost');
    const { asked } = collector;
    await eventually(() => {
      expect(collector.asked).toBeGreaterThan(asked);
    });
    collector.answer(200);
    await eventually(async () => {
      await part(traces, 'kept');
      expect(collector.spans.map(({ name }) => name)).toContain('kept');
      expect(said('takes traces again')).toHaveLength(1);
    });
    expect(said('takes no traces')).toHaveLength(1);
  });

  it('is not there is told of once, and the process ends in order', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${await freePort()}`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '500');
    const traces = opened();
    for (let n = 0; n < 15; n += 1) await part(traces, 'lost');
    await resources.close();
    expect(said('takes no traces')).toMatchObject([
      {
        message: 'the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no traces',
        facts: { reason: expect.stringContaining('ECONNREFUSED') as string },
      },
    ]);
    expect(said('did not close in order')).toEqual([]);
  });

  it('never answers has so many spans wait for it and no more, the log says so once, and the process ends without it', async () => {
    const traces = opened();
    collector.answer('never');
    await part(traces, 'on its way');
    await eventually(() => {
      expect(collector.asked).toBe(1);
    });
    for (let n = 0; n < BATCH.mostWaiting + 500; n += 1) await part(traces, `span ${n}`);
    expect(said('dropped')).toMatchObject([{ level: 'warn', facts: { dropped: 1, mayWait: BATCH.mostWaiting } }]);
    collector.answer(200);
    // It still holds the first batch: this does not wait until it lets go.
    await resources.close();
    expect(said('did not close in order')).toEqual([]);
    expect(said('dropped').map(({ facts }) => facts)).toMatchObject([{ dropped: 1 }, { dropped: 499 }]);
    expect(collector.spans).toHaveLength(BATCH.mostWaiting);
  });
});

it('what belongs together is dropped together: no span hangs from one that was dropped', async () => {
  const traces = opened({ batch: { ...BATCH, delayMs: 60_000, most: 20 } });
  for (let n = 0; n < 10; n += 1)
    await traces.part({ name: 'request', kind: SpanKind.SERVER }, async () => {
      for (let m = 0; m < 6; m += 1)
        await traces.within({ name: 'step', kind: SpanKind.CLIENT }, () => Promise.resolve());
    });
  await resources.close();
  expect(collector.spans).toHaveLength(14);
  const ids = new Set(collector.spans.map(({ spanId }) => spanId));
  const orphans = collector.spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  expect(orphans).toEqual([]);
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
