import { expect, it } from 'vitest';

import { banner } from '../../src/compose/banner.js';
import type { Running } from '../../src/compose/run-everything.js';
import { SILENT } from '../../src/compose/telemetry.js';
import { parseConfig } from '../../src/config.js';

const RUNNING = { address: 'http://localhost:4000', uiUrl: undefined, ownTools: 0, mcpServers: 0 } as Running;

function shown(environment: Record<string, string>, scrapedAt?: string): string {
  const config = parseConfig(environment, { isTerminal: false });
  const telemetry = scrapedAt === undefined ? SILENT : { ...SILENT, scrapedAt };
  return banner({ config, telemetry }, RUNNING);
}

it('says where metrics are, and where traces go, without what opens that', () => {
  const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:secret@collector.example:4318' };
  const text = shown(collector, 'http://127.0.0.1:9464/metrics');
  expect(text).toMatch(/^ {2}Metrics +http:\/\/127\.0\.0\.1:9464\/metrics {3}/m);
  expect(text).toMatch(/^ {2}Traces +to https:\/\/collector\.example:4318\/v1\/traces {3}/m);
  expect(text).not.toContain('secret');
});

it('says nothing of metrics and traces where there are none', () => {
  expect(shown({})).not.toMatch(/Metrics|Traces/);
});
