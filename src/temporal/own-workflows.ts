import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { LRUCache } from 'lru-cache';

import type { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../contract/messages.js';

export type WorkflowKind = typeof TOKEN_LIFECYCLE | typeof AGENT_EXECUTION;

/** A Temporal workflow that was described as ours. */
export interface OwnWorkflow {
  readonly workflowId: string;
  /** The newest run. */
  readonly runId: string;
  /** What the runs of one life have in common, however it went on: as a new run, after a reset, by its schedule. */
  readonly firstRunId: string;
  readonly description: WorkflowExecutionDescription;
}

/** Of how many Temporal workflows it is remembered that they are ours. */
const MOST_REMEMBERED = 50_000;

/**
 * Tells our Temporal workflows from those of others in the same namespace, which may have any id: ours have our type and our
 * task queue. Only what was described so is touched, and only the chain of runs that was described.
 */
export class OwnWorkflows {
  readonly #client: Client;
  readonly #taskQueue: string;
  /** The first runs of those that were described or started, by kind and id. */
  readonly #known = new LRUCache<string, string>({ max: MOST_REMEMBERED });

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /** Undefined where Temporal has nothing of ours under the id. */
  async describe(kind: WorkflowKind, workflowId: string): Promise<OwnWorkflow | undefined> {
    const description = await this.#described(workflowId);
    if (description?.type !== kind || description.taskQueue !== this.#taskQueue) return undefined;
    const { runId } = description;
    // Servers that are older than this field give none: then it is the newest run that we know.
    const given = description.raw.workflowExecutionInfo?.firstRunId ?? '';
    const firstRunId = given === '' ? runId : given;
    this.note(kind, workflowId, firstRunId);
    return { workflowId, runId, firstRunId, description };
  }

  /** The first run of ours under the id, as it was when that was last looked up; undefined where there is none. */
  async firstRunOf(kind: WorkflowKind, workflowId: string): Promise<string | undefined> {
    return this.#known.get(keyOf(kind, workflowId)) ?? (await this.describe(kind, workflowId))?.firstRunId;
  }

  /** We have started it ourselves. */
  note(kind: WorkflowKind, workflowId: string, firstRunId: string): void {
    this.#known.set(keyOf(kind, workflowId), firstRunId);
  }

  /** It may be another one by now. */
  forget(kind: WorkflowKind, workflowId: string): void {
    this.#known.delete(keyOf(kind, workflowId));
  }

  async #described(workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await this.#client.workflow.getHandle(workflowId).describe();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }
}

function keyOf(kind: WorkflowKind, workflowId: string): string {
  return `${kind} ${workflowId}`;
}
