import { describe, expect, it } from 'vitest';

import { executionEnding } from '../../../src/streams/writing/execution-ending.js';
import { anExecution } from '../../storage/contract/execution-store.js';

describe('how the stream of an ended execution ends', () => {
  const attempt = { turn: 1, attempt: 1, provider: 'mock', model: 'm', outcome: 'completed', startedAt: 'x' } as const;

  it('is with the turn that it ended with, also where that was never noted among its attempts', () => {
    const execution = anExecution({ id: 'e', status: 'COMPLETED', finalResponse: 'ü', attempts: [attempt], turn: 2 });
    expect(executionEnding(execution)).toMatchObject({
      turn: 2,
      body: { eventType: 'completed', final_response: 'ü', length: 2 },
    });
  });

  it('is with the last turn that was noted where it was ended from outside', () => {
    const execution = anExecution({ id: 'e', status: 'TERMINATED', attempts: [attempt, { ...attempt, turn: 3 }] });
    expect(executionEnding(execution)).toMatchObject({ turn: 3, body: { eventType: 'failed', status: 'terminated' } });
  });
});
