import type { WorkflowContent, WorkflowDefinition } from '../core/definitions/definition.js';
import type { VersionedId } from './versioned-id.js';

export interface StoredWorkflow {
  readonly definition: WorkflowDefinition;
  /** SHA-256 of the canonical content. */
  readonly hash: string;
  readonly createdAt: string;
}

/** A version of a workflow that uses an agent. */
type AgentUser = Pick<WorkflowDefinition, 'id' | 'version'>;

export interface AgentUsers {
  readonly users: readonly StoredWorkflow[];
  readonly total: number;
}

/** Workflow definitions and all their versions. Equal content, equal version. */
export interface WorkflowStore {
  /** Stores the next version of this id; content equal to the newest version's (same hash) gives that one back. */
  save(id: string, content: WorkflowContent, facts: { hash: string; now: string }): Promise<StoredWorkflow>;
  /** The newest version, or the one asked for. */
  get(id: string, version?: number): Promise<StoredWorkflow | undefined>;
  /** One for each id, in the order of the ids; undefined where there is none. Ids may repeat. */
  getMany(ids: readonly VersionedId[]): Promise<readonly (StoredWorkflow | undefined)[]>;
  /** The newest version of each, newest first by (createdAt, id). `after` is the id that the page before ended with. */
  list(page: { first: number; after?: string }): Promise<readonly StoredWorkflow[]>;
  /**
   * The versions in use that have a transition or a place agent that names the agent, by id and version: the newest of each
   * workflow that somebody saved, and every version that an active token has. The next few `after` one of them, and how many
   * there are in all. The newest version of a workflow that is about to be `replaced` counts only where active tokens have it.
   */
  usersOfAgent(
    agentId: string,
    page: { first: number; after?: AgentUser; replaced?: readonly string[] },
  ): Promise<AgentUsers>;
}
