import { INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, expect, it, vi } from 'vitest';

import { messagesFormat } from '../../../../src/providers/formats/anthropic/messages-format.js';
import { aProvider, aRequest } from '../../../support/model-request.js';

afterEach(() => {
  trace.disable();
});

it('leaves spans of a model call to us, also where the process has a tracer', async () => {
  const startSpan = vi.fn(() => trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: startSpan }) });
  const fetch = vi.fn(() => Promise.resolve(new Response('', { headers: { 'content-type': 'text/event-stream' } })));
  const wire = messagesFormat.call(aRequest({ provider: aProvider({ type: 'anthropic' }) }));
  await wire.send(new URL('http://127.0.0.1:9'), fetch);
  expect(fetch).toHaveBeenCalledOnce();
  expect(startSpan).not.toHaveBeenCalled();
});
