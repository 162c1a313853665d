import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { checkCollectors } from '../../../src/cli/checks/check-collectors.js';
import { parseConfig } from '../../../src/config.js';
import { freePort } from '../../support/free-port.js';
import { startTraceCollector, type TraceCollector } from '../../support/trace-collector.js';

let collector: TraceCollector;
beforeEach(async () => {
  collector = await startTraceCollector();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

/** What is found where this is in the environment. */
async function found(environment: Record<string, string>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const findings = await checkCollectors(parseConfig(environment, { isTerminal: false }));
  return findings.map(({ state, subject, text }) => [state, subject, text]);
}

it('a collector that takes what it is told is called by its address and the variable that names it', async () => {
  const { url } = collector;
  expect(await found({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).toEqual([
    ['ok', 'Metrics', `${url}/v1/metrics (OTEL_EXPORTER_OTLP_ENDPOINT) takes them.`],
    ['ok', 'Traces', `${url}/v1/traces (OTEL_EXPORTER_OTLP_ENDPOINT) takes them.`],
  ]);
  expect(collector.spans).toEqual([]);
});

it('one that refuses, or is not there, is no obstacle to a start: the variable at fault is named', async () => {
  collector.answer(401);
  const own = `${collector.url}/v1/traces`;
  const away = `http://127.0.0.1:${await freePort()}`;
  const settings = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: away };
  expect(await found({ ...settings, OTEL_GENAI_CAPTURE_CONTENT: 'true' })).toEqual([
    ['note', 'Metrics', expect.stringMatching(/METRICS_ENDPOINT\) takes none: .*ECONNREFUSED/) as string],
    ['note', 'Traces', expect.stringMatching(/TRACES_ENDPOINT\) takes none: 401 .*OTEL_GENAI_CAPTURE/) as string],
  ]);
});

it('nothing of an address but where it is is shown, and where nobody is told, the variables that decide it', async () => {
  const secret = collector.url.replace('http://', 'http://user:opens-everything@');
  const [metrics, traces] = await found({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${secret}/?key=opens-everything` });
  expect(JSON.stringify(metrics)).not.toContain('opens-everything');
  expect(traces).toEqual(['ok', 'Traces', expect.stringContaining('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') as string]);
});
