import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';

import { MOST_SPANS_WITHIN } from '../../src/telemetry/active-span.js';
import { derivedSpanId } from '../../src/telemetry/trace-context.js';
import { currentTraceId, Traces } from '../../src/telemetry/traces.js';
import { traced } from '../support/traces.js';

const PART = { name: 'part', kind: SpanKind.SERVER };
const STEP = { name: 'step', kind: SpanKind.CLIENT };
const CALLER = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true };

describe('a part of a trace', () => {
  it('is told of as a whole when its first span ends, and hangs from what the caller named', async () => {
    const { traces, spans } = traced();
    await traces.part({ ...PART, parent: CALLER }, async () => {
      await traces.within(STEP, () => Promise.resolve());
      expect(spans).toEqual([]);
    });
    const [part, step] = spans;
    expect(part).toMatchObject({ name: 'part', traceId: CALLER.traceId, parentSpanId: CALLER.spanId });
    expect(step).toMatchObject({ name: 'step', traceId: CALLER.traceId, parentSpanId: part?.spanId });
  });

  it('neither begins before what it is in nor ends behind it, however short both are', async () => {
    const { traces, spans } = traced();
    for (let n = 0; n < 500; n += 1) {
      await traces.part(PART, () => traces.within(STEP, () => Promise.resolve()));
      const [part, step] = spans.splice(0);
      expect(step?.startMs).toBeGreaterThanOrEqual(part?.startMs ?? Infinity);
      expect(step?.endMs).toBeLessThanOrEqual(part?.endMs ?? 0);
    }
  });

  it('that another try follows is not told of, with all that has ended within it', async () => {
    const { traces, spans } = traced();
    const attempt = traces.part({ ...PART, isTold: () => false }, async () => {
      await traces.within(STEP, () => Promise.resolve());
      throw new Error('again');
    });
    await expect(attempt).rejects.toThrow('again');
    expect(spans).toEqual([]);
  });

  it('has the code of what it failed with, and never its words', async () => {
    const { traces, spans } = traced();
    const failure = Object.assign(new Error('the words of a stranger'), { code: 'UNAVAILABLE' });
    await expect(traces.part(PART, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(spans).toMatchObject([{ error: 'UNAVAILABLE', attributes: { 'error.type': 'UNAVAILABLE' } }]);
    expect(JSON.stringify(spans)).not.toContain('stranger');
  });

  it('holds so many spans, and says how many it has left out', async () => {
    const { traces, spans } = traced();
    await traces.part(PART, async () => {
      for (let n = 0; n < MOST_SPANS_WITHIN + 7; n += 1) await traces.within(STEP, () => Promise.resolve());
    });
    expect(spans).toHaveLength(MOST_SPANS_WITHIN + 1);
    expect(spans[0]?.attributes).toMatchObject({ 'circuit_breaker.spans_left_out': 7 });
  });

  it('of a trace that is not sampled is passed on and not told of', async () => {
    const { traces, spans } = traced();
    await traces.part({ ...PART, parent: { ...CALLER, isSampled: false } }, async () => {
      expect(traces.current()).toBeUndefined();
      expect(traces.outgoing()).toMatchObject({ traceId: CALLER.traceId, isSampled: false });
      await traces.within(STEP, () => Promise.resolve());
    });
    expect(spans).toEqual([]);
  });

  it('names to others what lasts: a try that may be lost names what is above it', async () => {
    const { traces } = traced();
    const context = { ...CALLER, spanId: derivedSpanId(CALLER.traceId, 'tool', 'x') };
    await traces.part({ ...PART, parent: CALLER, context }, () => {
      expect(traces.outgoing()).toEqual(context);
      return Promise.resolve();
    });
    await traces.part({ ...PART, parent: CALLER, lasting: CALLER }, () => {
      expect(traces.outgoing()).toEqual(CALLER);
      return Promise.resolve();
    });
  });
});

it('what is said to the log knows its trace, within a part and behind a caller only', async () => {
  const { traces } = traced();
  expect(currentTraceId()).toBeUndefined();
  traces.behind(CALLER, () => {
    expect(currentTraceId()).toBe(CALLER.traceId);
  });
  await traces.part(PART, () => {
    expect(currentTraceId()).toMatch(/^[0-9a-f]{32}$/);
    return Promise.resolve();
  });
});

it('a line of the log names no trace that nobody is told of', async () => {
  const { traces } = traced();
  const unsampled = { ...CALLER, isSampled: false };
  expect(traces.behind(unsampled, currentTraceId)).toBeUndefined();
  const within = await traces.part({ ...PART, parent: unsampled }, () => Promise.resolve([currentTraceId()]));
  expect(within).toEqual([undefined]);
});

it('a span that is over takes nothing more of what goes on in its name', async () => {
  const { traces, spans } = traced();
  const over = await traces.part(PART, () => Promise.resolve(traces.current()));
  const [span] = spans;
  if (over === undefined || span === undefined) throw new Error('nothing is traced');
  over.take(span);
  expect(over.ended()).toHaveLength(1);
});

it('a process that tells nobody traces nothing', async () => {
  const traces = Traces.off();
  const seen = await traces.part({ ...PART, parent: CALLER }, () =>
    Promise.resolve([traces.current(), traces.outgoing(), currentTraceId()]),
  );
  expect(seen).toEqual([undefined, undefined, undefined]);
});
