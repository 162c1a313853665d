import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { checkMetrics } from '../../../src/cli/checks/check-metrics.js';

it('one is told before a start that the port of metrics is taken: a start that chose it comes to nothing', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const look = (isChosen: boolean, isRunning = false) =>
    checkMetrics({ telemetry: { secrets: [], scraped: { host: '127.0.0.1', port, isChosen } } }, isRunning);
  const advice = expect.stringContaining('METRICS_PORT') as string;
  expect(await look(true)).toEqual([{ state: 'FAIL', subject: 'Metrics', blocksStart: true, text: advice }]);
  expect(await look(false)).toEqual([{ state: 'note', subject: 'Metrics', text: advice }]);
  expect(await look(true, true)).toEqual([]);
  server.close();
  await once(server, 'close');
  expect(await look(true)).toMatchObject([{ state: 'ok', text: expect.stringContaining(String(port)) as string }]);
  expect(await checkMetrics({ telemetry: { secrets: [] } }, false)).toEqual([]);
});
