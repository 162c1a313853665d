import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

import { CircuitBreakerError, wordsOf } from '../core/errors.js';
import { FAILED_PRECONDITION, grpcCode, NOT_FOUND } from './api-error-from-temporal.js';

/** gRPC status codes. */
const [PERMISSION_DENIED, UNIMPLEMENTED] = [7, 12];
/** Of a build's metadata: the hash of the workflows that its first worker had. */
const WORKFLOWS = 'circuit-breaker-workflows';
const { PINNED_OVERRIDE_BEHAVIOR_PINNED: PINNED } =
  proto.temporal.api.workflow.v1.VersioningOverride.PinnedOverrideBehavior;
/** How Temporal says that no build is current. */
const UNVERSIONED = '__unversioned__';

/** Which builds of a deployment Temporal knows, and where it sends what begins. */
export interface Routing {
  /** Absent: what begins goes to workers without a build. */
  readonly current?: string;
  /** The newest first. */
  readonly builds: readonly string[];
  readonly conflictToken: Uint8Array;
}

export interface RunOfWorkflow {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * The builds of one worker deployment, as Temporal keeps them. Every method throws UNAVAILABLE where the server does not route by builds.
 */
export class WorkerBuilds {
  readonly #client: Client;
  readonly #deploymentName: string;

  constructor(client: Client, deploymentName: string) {
    this.#client = client;
    this.#deploymentName = deploymentName;
  }

  /** How a build is called in what Temporal's list of workflows is searched for. */
  searchedAs(buildId: string): string {
    return `"${this.#deploymentName}:${buildId}"`;
  }

  /** Undefined: no worker of it has polled yet. */
  async routing(): Promise<Routing | undefined> {
    const found = await this.#unlessMissing((namespace, deploymentName) =>
      this.#client.workflowService.describeWorkerDeployment({ namespace, deploymentName }),
    );
    const info = found?.workerDeploymentInfo;
    if (found === undefined || info == null) return undefined;
    const { currentDeploymentVersion, currentVersion } = info.routingConfig ?? {};
    const current = currentVersion === UNVERSIONED ? undefined : currentDeploymentVersion?.buildId;
    const builds = (info.versionSummaries ?? []).map(({ deploymentVersion }) => deploymentVersion?.buildId ?? '');
    return { ...(current == null ? {} : { current }), builds, conflictToken: found.conflictToken };
  }

  /** The hash of the workflows that a build was first seen with; null: none was noted; undefined: there is no such build. */
  async workflowsOf(buildId: string): Promise<string | null | undefined> {
    const found = await this.#unlessMissing((namespace, deploymentName) =>
      this.#client.workflowService.describeWorkerDeploymentVersion({
        namespace,
        deploymentVersion: { deploymentName, buildId },
      }),
    );
    if (found === undefined) return undefined;
    const noted = found.workerDeploymentVersionInfo?.metadata?.entries?.[WORKFLOWS]?.data;
    return noted == null ? null : Buffer.from(noted).toString('utf8').replaceAll('"', '');
  }

  /** In clear: it is a hash of this program. */
  async noteWorkflows(buildId: string, hash: string): Promise<void> {
    const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(hash)) };
    await this.#unlessMissing((namespace, deploymentName) =>
      this.#client.workflowService.updateWorkerDeploymentVersionMetadata({
        namespace,
        deploymentVersion: { deploymentName, buildId },
        upsertEntries: { [WORKFLOWS]: payload },
      }),
    );
  }

  /**
   * From now on what begins does so on this build, and so does what runs without one. Throws UNAVAILABLE where the routing has changed
   * since it was read, or no worker of the build polls.
   */
  async makeCurrent(buildId: string, { conflictToken }: Pick<Routing, 'conflictToken'>): Promise<void> {
    try {
      await this.#unlessMissing((namespace, deploymentName) =>
        this.#client.workflowService.setWorkerDeploymentCurrentVersion({
          ...{ namespace, deploymentName, buildId, conflictToken },
          identity: this.#client.options.identity,
        }),
      );
    } catch (error) {
      if (grpcCode(error) !== FAILED_PRECONDITION) throw error;
      const message = `Temporal does not make build "${buildId}" current: ${reasonOf(error)}. Do its workers run? Try again.`;
      throw new CircuitBreakerError('UNAVAILABLE', message);
    }
  }

  /** Has a build take a run over with all that it begins; false where it has ended meanwhile. It stays there until it is moved again. */
  async move({ workflowId, runId }: RunOfWorkflow, buildId: string): Promise<boolean> {
    const moved = await this.#unlessMissing((namespace, deploymentName) =>
      this.#client.workflowService.updateWorkflowExecutionOptions({
        namespace,
        workflowExecution: { workflowId, runId },
        workflowExecutionOptions: {
          versioningOverride: { pinned: { behavior: PINNED, version: { deploymentName, buildId } } },
        },
        updateMask: { paths: ['versioning_override'] },
      }),
    );
    return moved !== undefined;
  }

  async #unlessMissing<Answer>(
    ask: (namespace: string, deploymentName: string) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    try {
      return await ask(this.#client.options.namespace, this.#deploymentName);
    } catch (error) {
      const code = grpcCode(error);
      if (code === NOT_FOUND) return undefined;
      if (code === PERMISSION_DENIED || code === UNIMPLEMENTED) throw withoutBuilds(error);
      throw error;
    }
  }
}

function withoutBuilds(error: unknown): CircuitBreakerError {
  const message =
    `The Temporal server does not route by builds of workers (${reasonOf(error)}), which TEMPORAL_DEPLOYMENT_NAME asks for. It takes a server with ` +
    'worker deployments, as 1.32 is, on which they are not turned off (system.enableDeploymentVersions), and the right to them. Or leave ' +
    'TEMPORAL_DEPLOYMENT_NAME out: then any worker takes any task.';
  return new CircuitBreakerError('UNAVAILABLE', message);
}

function reasonOf(error: unknown): string {
  const details = error instanceof Error && 'details' in error ? String(error.details) : wordsOf(error);
  return details.replace(/\.$/, '');
}
