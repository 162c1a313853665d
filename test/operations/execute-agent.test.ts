import { expect, it } from 'vitest';

import { cancelExecution } from '../../src/operations/execute-agent.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { executionPlace } from '../../src/telemetry/execution-span.js';
import { anExecution } from '../storage/contract/execution-store.js';
import { PlayedTemporal } from '../support/api-under-test.js';
import { NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { measured } from '../support/metrics.js';
import { schemasInThisThread } from '../support/schemas.js';
import { mayNameThisMachine } from '../support/this-machine.js';
import { traced } from '../support/traces.js';

it('an execution that is cancelled before it began is measured and told of as one that has ended', async () => {
  const [{ storage }, counts, told] = [
    await openStorage('memory:', { logger: new MemoryLogger() }),
    measured(),
    traced(),
  ];
  const traceId = 'a'.repeat(32);
  await storage.executions.create(anExecution({ id: 'asked', traceId }));
  const parts = {
    ...{ storage, temporal: new PlayedTemporal(storage), schemas: schemasInThisThread, mayName: mayNameThisMachine },
    ...{ metrics: counts.metrics, traces: told.traces, now: () => NOW },
  };
  expect(await cancelExecution(parts, 'asked', 'not needed')).toMatchObject({ status: 'CANCELLED' });
  expect(told.spans).toMatchObject([{ ...executionPlace(traceId, 'asked'), error: 'cancelled' }]);
  const ended = { status: 'CANCELLED', code: 'cancelled' };
  expect(await counts.valueOf('circuit_breaker_executions_total', ended)).toBe(1);
  await cancelExecution(parts, 'asked', 'not needed');
  expect(told.spans).toHaveLength(1);
});
