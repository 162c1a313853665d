import { setTimeout as delay } from 'node:timers/promises';

import type { WorkflowBundleOption } from '@temporalio/worker';

import { badVariables, CircuitBreakerError } from '../core/errors.js';
import type { WorkerDeployment } from '../temporal-settings.js';
import type { WorkerBuilds } from '../temporal/worker-builds.js';
import { readManifest } from './manifest.js';
import { workflowsHash } from './workflow-code.js';

/** What a worker of this program is to Temporal, in its deployment. */
export interface OwnBuild {
  readonly deploymentName: string;
  readonly buildId: string;
  /** Of the workflows. */
  readonly hash: string;
}

const SHOWN_OF_A_HASH = 12;
const LOOK_EVERY_MS = 100;
/** The server makes a build known a moment after its first poll. */
const KNOWN_WITHIN_MS = 30_000;

/**
 * The build of this program: as it was named, else its version with the hash of its workflows, so that the same code is the same build
 * wherever it runs, and other code is another one.
 */
export async function ownBuild(deployment: WorkerDeployment, bundle: WorkflowBundleOption): Promise<OwnBuild> {
  const hash = await workflowsHash(bundle);
  const { name: deploymentName, buildId } = deployment;
  const named = buildId ?? `${(await readManifest()).version}-${hash.slice(0, SHOWN_OF_A_HASH)}`;
  return { deploymentName, buildId: named, hash };
}

/** How a worker says its build. What it begins stays with that build, until somebody moves it. */
export function versioningOf(build: OwnBuild | undefined) {
  if (build === undefined) return {};
  const { deploymentName, buildId } = build;
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  } as const;
}

/**
 * Before a worker polls. Throws VALIDATION_FAILED where its build id is that of other workflows, whose tokens it would break, and UNAVAILABLE
 * where the server does not route by builds.
 */
export async function refuseOtherWorkflows(builds: WorkerBuilds, { buildId, hash }: OwnBuild): Promise<void> {
  const noted = await builds.workflowsOf(buildId);
  if (noted == null || noted === hash) return;
  const message =
    `TEMPORAL_WORKER_BUILD_ID is "${buildId}", which is a build with other workflows: its tokens would break here. Give this build an id of ` +
    'its own, or leave the variable out: then the id follows from the workflows.';
  throw badVariables([{ name: 'TEMPORAL_WORKER_BUILD_ID', message }]);
}

/**
 * Once a worker polls: notes its workflows, and makes its build current where none is and nothing runs that would go over with that.
 * Resolves with the build that is current then; undefined: none, what begins goes to workers without a build.
 */
export async function announceBuild(
  builds: WorkerBuilds,
  { buildId, hash }: OwnBuild,
  { runsWithoutBuild }: { readonly runsWithoutBuild: () => Promise<boolean> },
): Promise<string | undefined> {
  await untilKnown(builds, buildId);
  await builds.noteWorkflows(buildId, hash);
  const routing = await builds.routing();
  if (routing === undefined || routing.current !== undefined) return routing?.current;
  if (await runsWithoutBuild()) return undefined;
  try {
    await builds.makeCurrent(buildId, routing);
  } catch (error) {
    // Another worker was first.
    if (!(error instanceof CircuitBreakerError)) throw error;
  }
  return (await builds.routing())?.current;
}

async function untilKnown(builds: WorkerBuilds, buildId: string): Promise<void> {
  const start = Date.now();
  while ((await builds.workflowsOf(buildId)) === undefined) {
    if (Date.now() - start > KNOWN_WITHIN_MS) {
      const message = `Temporal has not taken note of build "${buildId}" of the workers within ${KNOWN_WITHIN_MS / 1000} s. Try again.`;
      throw new CircuitBreakerError('UNAVAILABLE', message);
    }
    await delay(LOOK_EVERY_MS);
  }
}
