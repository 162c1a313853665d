import { expect, it } from 'vitest';

import { derivedSpanId, readTraceparent, traceparentOf } from '../../src/telemetry/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it('a traceparent is read as it is written', () => {
  for (const isSampled of [true, false]) {
    const context = { traceId: TRACE, spanId: SPAN, isSampled };
    expect(readTraceparent(traceparentOf(context))).toEqual(context);
  }
});

it('one of a later version may have more to say', () => {
  expect(readTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toMatchObject({ traceId: TRACE, isSampled: true });
});

it.each([
  undefined,
  17,
  [`00-${TRACE}-${SPAN}-01`],
  '',
  'garbage',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01${'-'.repeat(100_000)}x`.slice(2),
])('%j is none', (given) => {
  expect(readTraceparent(given)).toBeUndefined();
});

it('the same span has the same id in every process, and another one another', () => {
  expect(derivedSpanId(TRACE, 'turn', 'a', '1')).toBe(derivedSpanId(TRACE, 'turn', 'a', '1'));
  expect(derivedSpanId(TRACE, 'turn', 'a', '1')).toMatch(/^[0-9a-f]{16}$/);
  expect(derivedSpanId(TRACE, 'turn', 'a1')).not.toBe(derivedSpanId(TRACE, 'turn', 'a', '1'));
});
