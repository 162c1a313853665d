import { describe, expect, it } from 'vitest';

import { checkExecutionRequest } from '../../../src/core/executions/check-execution-request.js';

const request = { executionId: 'e', agentId: 'reviewer', input: {} };
const token = { id: 't', workflowId: 'w', place: 'p', metadata: {}, transitionCount: 0 };

describe('the request of an execution', () => {
  it.each([
    request,
    { ...request, token, conversationId: 'c', agentVersion: 2, overrides: { timeoutSeconds: 1 } },
    { executionId: 'e', agentId: 'x'.repeat(5000), conversationId: null },
  ])('is taken: %j', (message) => {
    expect(checkExecutionRequest(message, 'e')).toEqual([]);
  });

  it.each([
    [undefined, ['']],
    [null, ['']],
    [[request], ['']],
    [{}, ['/executionId', '/agentId']],
    [{ ...request, executionId: 'another' }, ['/executionId']],
    [{ ...request, agentId: 7 }, ['/agentId']],
    [{ ...request, token: {} }, ['/token']],
    [{ ...request, token: 'doc' }, ['/token']],
    [
      { ...request, overrides: [], agentVersion: 'two', conversationId: '' },
      ['/conversationId', '/agentVersion', '/overrides'],
    ],
  ])('is refused with all that is wrong: %j', (message, pointers) => {
    expect(checkExecutionRequest(message, 'e').map(({ pointer }) => pointer)).toEqual(pointers);
  });
});
