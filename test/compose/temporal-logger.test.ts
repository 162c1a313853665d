import { Writable } from 'node:stream';

import { pino } from 'pino';
import { expect, it } from 'vitest';

import { temporalRuntime } from '../../src/compose/temporal-logger.js';

it('takes what the native part of the SDK says into our log, information as detail', () => {
  const lines: string[] = [];
  const into = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const { logger, telemetryOptions } = temporalRuntime(pino({ level: 'info' }, into));
  expect(telemetryOptions?.logging).toHaveProperty('forward');
  logger?.log('WARN', 'a task failed', { sdkComponent: 'core' });
  logger?.log('INFO', 'a worker changed', { sdkComponent: 'worker' });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 40, sdkComponent: 'core', msg: 'a task failed' },
  ]);
});
