import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { expect, it } from 'vitest';

import { interceptors, origin } from '../../src/workflows/trace-in-headers.js';

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

function carrying(carried: unknown): Headers {
  return { '_tracer-data': defaultPayloadConverter.toPayload(carried) };
}

/** What an activity is asked for with, and what a line of the log has, in a run that was begun with these headers. */
async function passedOn(headers: Headers): Promise<{ readonly carried: unknown; readonly line: unknown }> {
  const { inbound: [inbound] = [], outbound: [outbound] = [] } = interceptors();
  await inbound?.execute?.({ headers, args: [] }, () => Promise.resolve());
  const line = outbound?.getLogAttributes?.({}, (given) => given);
  const payload = origin()['_tracer-data'];
  return { line, carried: payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload) };
}

it('the place in a trace is passed on, and nothing that a caller put beside it', async () => {
  const { carried, line } = await passedOn(carrying({ traceparent: TRACEPARENT, baggage: 'user=somebody' }));
  expect(carried).toEqual({ traceparent: TRACEPARENT });
  expect(line).toEqual({ traceId: 'a'.repeat(32) });
});

it.each([
  ['no traceparent', { traceparent: 'a-word of a stranger' }],
  ['no text', { traceparent: 7 }],
  ['no object', 'text'],
  ['more than any trace needs', { traceparent: TRACEPARENT, baggage: 'x'.repeat(20_000) }],
])('%s in the header is passed on to nobody, and in no line', async (_, given) => {
  expect(await passedOn(carrying(given))).toEqual({ carried: undefined, line: {} });
});

it('a trace that no collector is told of is passed on, and in no line', async () => {
  const unsampled = TRACEPARENT.replace(/01$/, '00');
  const { carried, line } = await passedOn(carrying({ traceparent: unsampled }));
  expect(carried).toEqual({ traceparent: unsampled });
  expect(line).toEqual({});
});
