import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { ALERTS_FILE, askedQueries, ownSeries, seriesIn } from '../support/alerts-and-panels.js';
import { canTestPrometheus, PROMTOOL } from '../support/prometheus.js';

const run = promisify(execFile);

it.each(askedQueries())('%s asks for series that there are: %s', (_asker, query) => {
  const asked = seriesIn(query);
  expect(asked).not.toEqual([]);
  const own = ownSeries();
  expect(asked.filter((name) => !name.startsWith('temporal_') && !own.includes(name))).toEqual([]);
});

it('every alert has a test of its own fault', () => {
  const tests = readFileSync('test/house/alerts.rules-test.yml', 'utf8');
  const alerts = [...readFileSync(ALERTS_FILE, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
  expect(alerts.filter((name) => !tests.includes(`alertname="${name}"`))).toEqual([]);
});

describe.skipIf(!(await canTestPrometheus()))('promtool', () => {
  it('takes the alerts', async () => {
    await run(PROMTOOL, ['check', 'rules', '--lint-fatal', ALERTS_FILE]);
  });

  it('sees each alert fire for its own fault, for no other, and end with it', async () => {
    await run(PROMTOOL, ['test', 'rules', 'test/house/alerts.rules-test.yml']);
  });
});
