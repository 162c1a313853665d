import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { apiErrorFromTemporal } from '../../src/temporal/api-error-from-temporal.js';

/** As gRPC gives it. */
function grpcError(code: number): Error {
  return Object.assign(new Error(`${code}`), { code, details: '', metadata: {} });
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
