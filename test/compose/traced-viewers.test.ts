import { describe, expect, it } from 'vitest';

import { tracedViewers } from '../../src/compose/traced-viewers.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import type { StreamViewer, ViewerEnd } from '../../src/streams/reading/viewer.js';
import { executionPlace } from '../../src/telemetry/execution-span.js';
import type { TraceContext } from '../../src/telemetry/trace-context.js';
import { NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { chunk } from '../support/execution-events.js';
import { traced } from '../support/traces.js';

const ID = 'e1';
const OF_THE_EXECUTION = 'a'.repeat(32);
const CALLER: TraceContext = { traceId: 'b'.repeat(32), spanId: 'c'.repeat(16), isSampled: true };
const PLACE = executionPlace(OF_THE_EXECUTION, ID);

/** A viewer that gets these events and then the end. */
class PlayedViewer implements StreamViewer {
  end: ViewerEnd | undefined;
  readonly #pages: (readonly StreamEvent[] | Error)[];

  constructor(...pages: (readonly StreamEvent[] | Error)[]) {
    this.#pages = pages;
  }

  next(): Promise<readonly StreamEvent[] | undefined> {
    const page = this.#pages.shift();
    if (page instanceof Error) return Promise.reject(page);
    if (page === undefined) this.end ??= 'ended';
    return Promise.resolve(page);
  }

  leave(): void {
    this.end ??= 'left';
  }
}

function watching(viewer: StreamViewer, { caller, traceId = OF_THE_EXECUTION, isAway = false }: Watching = {}) {
  const { traces, spans } = traced();
  const execution = { ...pendingExecution({ executionId: ID, agentId: 'a', input: {} }, NOW), traceId };
  const get = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(execution));
  const onViewer = tracedViewers(traces, { get });
  const seen = traces.behind(caller, () => onViewer(viewer, { executionId: ID, door: 'sse' }));
  const told = async () => {
    await eventually(() => {
      expect(spans).not.toEqual([]);
    });
    return spans;
  };
  return { seen, spans, told };
}

interface Watching {
  readonly caller?: TraceContext;
  readonly traceId?: string;
  readonly isAway?: boolean;
}

async function watchedToTheEnd(viewer: StreamViewer): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = [];
  for (let some = await viewer.next(); some !== undefined; some = await viewer.next()) events.push(...some);
  return events;
}

describe('a viewer that is traced', () => {
  it('gets what it would get, and is told of at the end, with the execution that it watched', async () => {
    const events = [[chunk(1, 'a'), chunk(2, 'b')], [chunk(3, 'c')]];
    const { seen, spans, told } = watching(new PlayedViewer(...events));
    await seen.next();
    expect(spans).toEqual([]);
    expect(await watchedToTheEnd(seen)).toEqual(events[1]);
    expect(await told()).toMatchObject([
      {
        ...{ name: 'watch stream (sse)', traceId: OF_THE_EXECUTION, parentSpanId: PLACE.spanId, links: [] },
        attributes: {
          'circuit_breaker.execution.id': ID,
          'circuit_breaker.stream.door': 'sse',
          'circuit_breaker.stream.end': 'ended',
        },
      },
    ]);
    expect(seen.end).toBe('ended');
  });

  it('hangs from the span that its caller named, with a link to the execution', async () => {
    const { seen, told } = watching(new PlayedViewer(), { caller: CALLER });
    await seen.next();
    expect(await told()).toMatchObject([{ traceId: CALLER.traceId, parentSpanId: CALLER.spanId, links: [PLACE] }]);
  });

  it('that leaves has left, once, however often it says so', async () => {
    const { seen, told } = watching(new PlayedViewer([chunk(1, 'a')]));
    await seen.next();
    seen.leave();
    seen.leave();
    await seen.next();
    expect(await told()).toMatchObject([{ attributes: { 'circuit_breaker.stream.end': 'left' } }]);
  });

  it('whose stream fails is told of, and hears of the failure', async () => {
    const { seen, told } = watching(new PlayedViewer(new Error('lost')));
    await expect(seen.next()).rejects.toThrow('lost');
    expect(await told()).toHaveLength(1);
  });

  it.each([
    ['whose caller is not sampled', { caller: { ...CALLER, isSampled: false } }],
    ['whose execution cannot be looked up', { isAway: true }],
  ])('%s is not told of', async (_what, how) => {
    const { seen, spans } = watching(new PlayedViewer(), how);
    expect(await seen.next()).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    expect(spans).toEqual([]);
  });
});
