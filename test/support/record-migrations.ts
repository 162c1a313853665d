import type { WorkflowHandle } from '@temporalio/client';

import type { Token } from '../../src/core/tokens/token.js';
import { aPlaceAgent, aTransition, aWorkflow, NOW } from './builders.js';
import type { WorkerUnderTest } from './worker-under-test.js';

const close = aTransition({ id: 'close', fromPlaces: ['new', 'sorted'], toPlace: 'done' });
/** An agent of the first place waits for an hour; in the other version one runs at once, and what it leads to is automatic. */
const first = aWorkflow({
  places: ['new', 'sorted', 'done'],
  initialPlace: 'new',
  transitions: [aTransition({ id: 'sort', fromPlaces: ['new'], toPlace: 'sorted' }), close],
  placeAgents: [aPlaceAgent({ id: 'wait', placeId: 'new', schedule: { initialDelaySeconds: 3600 } })],
});
const second = aWorkflow({
  places: ['fresh', 'new', 'sorted', 'done'],
  initialPlace: 'fresh',
  transitions: [
    aTransition({ id: 'begin', fromPlaces: ['fresh'], toPlace: 'new' }),
    aTransition({
      id: 'sort',
      fromPlaces: ['fresh'],
      toPlace: 'sorted',
      trigger: 'automatic',
      rules: [{ type: 'FieldExists', field: 'data.kind' }],
    }),
    close,
  ],
  placeAgents: [aPlaceAgent({ id: 'read', placeId: 'fresh', outputMapping: { 'data.kind': 'assessment' } })],
});

/**
 * A token goes over to another version, where an agent moves it on, is refused a version that does not have its place, and ends there;
 * another goes over and back while word of other place agents comes, until it goes on as a new run.
 */
export async function recordMigrations(
  under: WorkerUnderTest,
  save: (name: string, workflowId: string, runId?: string) => Promise<unknown>,
): Promise<void> {
  await under.storage.workflows.save('sorting', first, { hash: 's1', now: NOW });
  await under.storage.workflows.save('sorting', second, { hash: 's2', now: NOW });

  const migrated = await start(under, 'migrated');
  await migrate(migrated, { fromVersion: 1, toVersion: 2, placeMapping: { new: 'nowhere' } }).catch(() => undefined);
  await migrate(migrated, { fromVersion: 1, toVersion: 2, placeMapping: { new: 'fresh' } });
  await until(migrated, ({ place }) => place === 'sorted');
  await migrated.executeUpdate('fire', { args: [{ transitionId: 'close' }] });
  await migrated.result();
  await save('token-migrated', 'migrated');

  const handle = await start(under, 'migrated-to-and-fro');
  for (let version = 1; (await runIdOf(under, handle)) === handle.firstExecutionRunId; version = 3 - version) {
    const request = { fromVersion: version, toVersion: 3 - version };
    await Promise.all([migrate(handle, request), handle.signal('placeAgentsChanged')]);
  }
  await under.client.workflow.getHandle(handle.workflowId).executeUpdate('cancel', { args: [{}] });
  await save('token-migrated-to-and-fro', handle.workflowId, handle.firstExecutionRunId);
  await save('token-migrated-last-run', handle.workflowId, await runIdOf(under, handle));
}

async function start({ client, taskQueue }: WorkerUnderTest, workflowId: string) {
  const args = [{ workflowId: 'sorting', workflowVersion: 1, data: { text: 'Hello' } }];
  return await client.workflow.start('tokenLifecycle', { taskQueue, workflowId, args });
}

async function migrate(handle: Pick<WorkflowHandle, 'executeUpdate'>, request: object): Promise<void> {
  await handle.executeUpdate('migrate', { args: [request] });
}

async function until(handle: Pick<WorkflowHandle, 'query'>, isTrue: (token: Token) => boolean): Promise<void> {
  while (!isTrue(await handle.query<Token>('token'))) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function runIdOf({ client }: WorkerUnderTest, { workflowId }: { readonly workflowId: string }): Promise<string> {
  return (await client.workflow.getHandle(workflowId).describe()).runId;
}
