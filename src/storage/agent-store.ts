import type { Agent, AgentContent } from '../core/agents/agent.js';
import type { AgentChange } from './next-agent.js';
import type { VersionedId } from './versioned-id.js';

/** Agents and all their versions. A version, once stored, never changes. */
export interface AgentStore {
  /**
   * Stores version 1, or the next one where an agent of this id was deleted: no number is used again. Gives back what is there
   * when the content is equal to its newest version.
   * Throws ALREADY_EXISTS when the id is taken by other content.
   */
  create(id: string, content: AgentContent, now: string): Promise<Agent>;
  /**
   * Stores the next version; equal content gives back the newest version unchanged.
   * Throws NOT_FOUND, or VERSION_CONFLICT when `expectedVersion` is not the newest.
   */
  update(id: string, change: AgentChange): Promise<Agent>;
  /** The newest version, or the one asked for. */
  get(id: string, version?: number): Promise<Agent | undefined>;
  /** One for each id, in the order of the ids; undefined where there is none. Ids may repeat. */
  getMany(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]>;
  /** The same, also of agents that were deleted since: what executions ran. */
  getManyEver(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]>;
  /**
   * The newest version of each, by id; with `capability` only those that carry the label. `after` is the id that the page before
   * ended with.
   */
  list(page: { first: number; after?: string; capability?: string }): Promise<readonly Agent[]>;
  /** All versions; false when there was none. Executions that used it stay readable. */
  delete(id: string): Promise<boolean>;
}
