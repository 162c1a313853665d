import type { Client } from '@temporalio/client';

import { grpcCode, NOT_FOUND } from '../temporal/api-error-from-temporal.js';
import { WITH_BUILD } from '../temporal/running-workflows.js';
import type { RunOfWorkflow, WorkerBuilds } from '../temporal/worker-builds.js';
import {
  replayRunning,
  type BrokenRun,
  type RepeatedRun,
  type ReplayedKind,
  type ReplayOptions,
} from './replay-running.js';

/** What became of the tokens, or the executions, that other builds held. Batches are held by none. */
export interface MovedKind {
  readonly kind: ReplayedKind['kind'];
  /** In a dry run: that would be moved. */
  readonly moved: number;
  /** They stay where they are. */
  readonly broken: readonly BrokenRun[];
}

export interface MoveOptions extends Omit<ReplayOptions, 'most' | 'which' | 'kinds' | 'onRepeated'> {
  readonly builds: WorkerBuilds;
  readonly buildId: string;
  readonly isDryRun: boolean;
  /** Called now and then with how many were looked at. */
  readonly onProgress: (looked: number) => void;
}

/** A run that goes on while it is replayed is looked at again so often. */
const MOST_LOOKS = 5;
const BUSY = 'it went on each time that it was replayed: run this again';

/**
 * Has a build take over what runs on others: each run that its workflows repeat, at once after its replay. What has gone on meanwhile is
 * replayed again first, so that all that a run has lived was looked at. Safe to repeat; what is cut off in its middle is half done, and
 * both builds go on.
 */
export async function moveRuns(options: MoveOptions): Promise<readonly MovedKind[]> {
  const { builds, buildId, isDryRun, client, onProgress } = options;
  const which = otherBuilds(builds, buildId);
  const moved = { tokens: new Set<string>(), executions: new Set<string>(), batches: new Set<string>() };
  let busy: { readonly kind: ReplayedKind['kind']; readonly run: RunOfWorkflow }[] = [];
  let kinds: readonly ReplayedKind[] = [];
  let looked = 0;
  for (let look = 1; look === 1 || (busy.length > 0 && look <= MOST_LOOKS); look += 1) {
    busy = [];
    const onRepeated = async (run: RepeatedRun, kind: ReplayedKind['kind']) => {
      looked += 1;
      onProgress(looked);
      if (isDryRun) moved[kind].add(run.runId);
      else if (await hasGoneOn(client, run)) busy.push({ kind, run });
      else if (await builds.move(run, buildId)) moved[kind].add(run.runId);
    };
    kinds = await replayRunning({ ...options, which, onRepeated });
  }
  return kinds.map(({ kind, broken }) => {
    const still = busy.filter((one) => one.kind === kind).map(({ run }) => run);
    const unrest = still.map(({ workflowId, runId }) => ({ id: workflowId, runId, reason: BUSY }));
    return { kind, moved: moved[kind].size, broken: [...broken, ...unrest] };
  });
}

/** What is held by builds other than this one, as Temporal's list is searched. */
export function otherBuilds(builds: WorkerBuilds, buildId: string): string {
  return `${WITH_BUILD} AND TemporalWorkerDeploymentVersion != ${builds.searchedAs(buildId)}`;
}

/** Since its history was read. What has ended has gone on, too, and is not listed the next time. */
async function hasGoneOn(client: Client, { workflowId, runId, events }: RepeatedRun): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId, runId).describe()).historyLength !== events;
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
    return true;
  }
}
