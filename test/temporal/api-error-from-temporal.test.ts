import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { apiErrorFromTemporal, grpcCode } from '../../src/temporal/api-error-from-temporal.js';

/** As gRPC gives it. */
function grpcError(code: number, details = ''): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} });
}

describe('a call that Temporal did not answer in time', () => {
  it.each([
    ['the client ended', 4],
    ['the server ended', 1],
    ['found no server', 14],
  ])('and that %s is UNAVAILABLE, by itself and within an update', (_how, code) => {
    const alone = grpcError(code);
    const within = new WorkflowUpdateRPCTimeoutOrCancelledError('too late', { cause: alone });
    for (const error of [alone, within]) expect(apiErrorFromTemporal(error)).toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('a query that no worker was left for is UNAVAILABLE, and no other precondition is', () => {
  const without = grpcError(9, 'no poller seen for task queue recently, worker may be down');
  const query = new Error('Failed to query Workflow', { cause: without });
  expect(apiErrorFromTemporal(query)).toMatchObject({ code: 'UNAVAILABLE' });
  const other = grpcError(9, 'the workflow is closing');
  expect(apiErrorFromTemporal(other)).toBe(other);
});

it('a call whose connection broke beneath it is UNAVAILABLE, and a fault of the server is not', () => {
  const broken = grpcError(13, 'Received RST_STREAM with code 1');
  const start = new Error('Failed to start Workflow', { cause: broken });
  for (const error of [broken, start]) expect(apiErrorFromTemporal(error)).toMatchObject({ code: 'UNAVAILABLE' });
  expect(grpcCode(start)).toBe(14);
  const fault = grpcError(13, 'it broke');
  expect(apiErrorFromTemporal(fault)).toBe(fault);
});
