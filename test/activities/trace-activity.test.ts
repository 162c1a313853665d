import { CompleteAsyncError, type Context } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { traceActivity } from '../../src/activities/trace-activity.js';
import { traceTool } from '../../src/activities/trace-tool.js';
import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { traced, type Traced } from '../support/traces.js';

const RUN = { executionId: 'e', turn: 1, index: 0, isGiven: true };

async function performed({ traces }: Traced, activityType: string, perform: () => Promise<unknown>, args: unknown[]) {
  const workflowExecution = { workflowId: 'w', runId: 'r' };
  const info = { activityType, workflowType: AGENT_EXECUTION, workflowExecution, attempt: 1, scheduledTimestampMs: 1 };
  const { execute } = traceActivity(traces, { info } as unknown as Context);
  return await execute({ args, headers: {} }, perform);
}

describe('the span of a call of a tool', () => {
  const called = async (tool: string, { isGiven = true, capturesContent = false }) => {
    const given = traced({ capturesContent });
    const run = { ...RUN, tool, isGiven };
    const parts = { traces: given.traces, mask: (text: string) => text } as ActivityParts;
    const call = { id: 'call-1', name: tool, arguments: {} };
    const perform = () => {
      traceTool(parts, { run, call }, { type: 'answered', result: 1 });
      return Promise.resolve();
    };
    await performed(given, 'runTool', perform, [run]);
    return [given.spans[0]?.name, given.spans[0]?.attributes['gen_ai.tool.name']];
  };

  it('names the tool', async () => {
    expect(await called('count_words', {})).toEqual(['execute_tool count_words', 'count_words']);
  });

  it('does not say what a model made up in place of one, but a part of it where content is captured', async () => {
    const words = 'the secret of a user '.repeat(100);
    expect(await called(words, { isGiven: false })).toEqual(['execute_tool', undefined]);
    const [name, tool] = await called(words, { isGiven: false, capturesContent: true });
    expect(name).toBe('execute_tool');
    expect(tool).toHaveLength(200);
  });
});

it('an activity that is ended from outside is not told of as one that failed', async () => {
  const given = traced();
  const wait = performed(given, 'awaitBatch', () => Promise.reject(new CompleteAsyncError()), []);
  await expect(wait).rejects.toThrow(CompleteAsyncError);
  expect(given.spans).toEqual([]);
  const failing = performed(given, 'awaitBatch', () => Promise.reject(new Error('no')), []);
  await expect(failing).rejects.toThrow('no');
  expect(given.spans).toMatchObject([{ name: 'awaitBatch', error: 'Error' }]);
});
