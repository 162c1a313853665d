import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { WorkflowHandle } from '@temporalio/client';

import { temporalCli } from './temporal-server.js';
import type { WorkerUnderTest } from './worker-under-test.js';

type Surroundings = Pick<WorkerUnderTest, 'client' | 'temporal'>;

const run = promisify(execFile);

/** As a user does it: to before what the workflow task decided that ended so; nothing that came later is sent once more. */
export async function resetWorkflow(under: Surroundings, workflowId: string, eventId: string): Promise<void> {
  const where = ['--address', under.temporal.address, '--workflow-id', workflowId, '--event-id', eventId];
  const how = ['--reason', 'once more', '--reapply-exclude', 'All'];
  await run(await temporalCli(), ['workflow', 'reset', ...where, ...how]);
}

/** The event with which the nth workflow task of the newest run ended. Throws where it has not yet. */
export async function taskEnd(under: Surroundings, workflowId: string, nth: number): Promise<string> {
  return taskEndOf(await historyOf(under, workflowId), nth);
}

/** The event with which the first workflow task of the newest run ended that knows that a child runs. Throws where none has yet. */
export async function firstTaskEndWithChild(under: Surroundings, workflowId: string): Promise<string> {
  const events = await historyOf(under, workflowId);
  const started = events.findIndex(({ childWorkflowExecutionStartedEventAttributes: child }) => child != null);
  return taskEndOf(started === -1 ? [] : events.slice(started), 0);
}

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

async function historyOf({ client }: Surroundings, workflowId: string): Promise<readonly HistoryEvent[]> {
  return (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}

function taskEndOf(events: readonly HistoryEvent[], nth: number): string {
  const ends = events.filter(({ workflowTaskCompletedEventAttributes: end }) => end != null);
  const eventId = ends.at(nth)?.eventId;
  if (eventId == null) throw new Error('There is no such workflow task yet.');
  return eventId.toString();
}
