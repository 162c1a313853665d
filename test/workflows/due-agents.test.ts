import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { WorkflowDefinition } from '../../src/core/definitions/definition.js';
import { aDefinition, aPlaceAgent, aToken, aTransition } from '../support/builders.js';
import { PartedTasks } from '../support/parted-tasks.js';
import { payload, resultOf, type Answer, type Job, type PlayedRun } from '../support/played-run.js';
import { signal } from '../support/plays.js';
import { resolved } from '../support/replayed-tasks.js';

const DUE_MS = 4000;
const definition: WorkflowDefinition = aDefinition({
  places: ['written', 'published'],
  initialPlace: 'written',
  transitions: [aTransition({ id: 'publish', fromPlaces: ['written'], toPlace: 'published' })],
  placeAgents: [aPlaceAgent({ id: 'proofread', placeId: 'written', schedule: { initialDelaySeconds: DUE_MS / 1000 } })],
});
const loaded = { definition, executionTimeoutSeconds: 10, runId: 'r' };

describe('an agent of a place that is due while its token hears of nothing', { tags: 'in-turn' }, () => {
  let tasks: PartedTasks;
  let run: PlayedRun;
  let events = 0;
  beforeAll(async () => {
    tasks = await PartedTasks.ofOurs();
  });
  beforeEach(async () => {
    run = await tasks.begin({ workflowType: 'tokenLifecycle', workflowId: 'essay' });
  });
  afterEach(async () => {
    await run.dispose();
  });

  async function brought(time: number, ...jobs: readonly Job[]): Promise<Answer> {
    events += 3;
    const answer = await run.activate(jobs, { time, historyLength: events, isEndSuggested: false, isReplaying: false });
    expect(answer.failure).toBeUndefined();
    return answer;
  }

  function begun(...given: readonly unknown[]): Job {
    const told = { workflowId: 'essay', workflowType: 'tokenLifecycle', attempt: 1 };
    return { initializeWorkflow: { ...told, arguments: given.map(payload) } };
  }

  /** The end of what was tried at once. */
  function tried({ asked }: Answer, result: unknown): Job {
    const local = asked.find(({ kind }) => kind === 'local');
    const seq = Number(local?.key.split(' ')[1]);
    return resolved({ seq, type: local?.type ?? '', result: resultOf(() => result) });
  }

  it('begins when its timer rings, however late, and whatever comes before that', async () => {
    const loading = await brought(0, begun({ workflowId: 'writing' }));
    const recording = await brought(0, tried(loading, loaded));
    const waiting = await brought(0, tried(recording, {}));
    const timer = waiting.asked.find(({ kind }) => kind === 'timer');
    expect(timer?.afterMs).toBe(DUE_MS);
    const disturbed = await brought(DUE_MS + 1000, signal('fireTransition', { nothing: true }));
    expect(disturbed.commands.join()).not.toContain('cancelTimer');
    const rung = await brought(DUE_MS + 2000, { fireTimer: { seq: Number(timer?.key.split(' ')[1]) } });
    expect(rung.asked).toContainEqual(expect.objectContaining({ kind: 'child' }));
  });

  it('begins with the run that goes on, where it was due between two runs', async () => {
    const token = aToken(definition, {
      placeAgentRuns: { proofread: { count: 0, due: new Date(DUE_MS).toISOString() } },
    });
    const start = { workflowId: 'writing' };
    const carried = { loaded, token, executionIds: [], recorded: 1 };
    const first = await brought(DUE_MS + 1000, begun(start, carried, []));
    expect(first.asked).toContainEqual(expect.objectContaining({ kind: 'child' }));
  });
});
